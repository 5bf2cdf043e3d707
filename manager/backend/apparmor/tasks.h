// SPDX-License-Identifier: Apache-2.0
// Tasks under profiles of ours: entered at an exec, and found again.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manager/base/result.h"

namespace glacis::apparmor {

// For the calling thread's next exec, which fails where the profile is not there.
// What the kernel then says of it is compared with what was asked for.
[[nodiscard]] Status enter_at_exec(const std::string& domain);

// The domain that a task's label names, also as one of several or as the parent of a
// profile that the kernel made for learning; empty if it is none of ours.
[[nodiscard]] std::vector<std::string> domains_of(std::string_view label);

// Processes with a thread under a profile of ours, by domain. Who ends meanwhile is
// left out.
[[nodiscard]] std::map<std::string, std::vector<pid_t>> confined();

}  // namespace glacis::apparmor
