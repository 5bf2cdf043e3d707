// SPDX-License-Identifier: Apache-2.0
// Grants of all that an enforcer does not ask about, or leaves open until a rule
// takes it away. Blocks of their own, so that a person can narrow them.
#pragma once

#include <string>

#include "manager/import/draft.h"

namespace glacis::import {

inline constexpr const char* whole_tree = "/{,**}";

// Accesses by what they do.
extern const std::uint32_t reading, changing, running, remaining;

// Accesses to all paths.
void grant_files(Draft& draft, std::uint32_t access, std::string comment);
// Objects that have no path.
void grant_nameless(Draft& draft);
// All protocols, names and kinds; those of the internet with `internet`.
void grant_sockets(Draft& draft, bool internet);
void grant_capabilities(Draft& draft);
void grant_tasks(Draft& draft);
void grant_memory(Draft& draft);
void grant_kernel(Draft& draft);

}  // namespace glacis::import
