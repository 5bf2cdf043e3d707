// SPDX-License-Identifier: Apache-2.0
// System calls as `learn calls` and `review` show them.
#pragma once

#include <string>
#include <string_view>

#include "manager/cli/output.h"
#include "manager/learn/calls.h"

namespace glacis::cli {

[[nodiscard]] std::string_view provenance(const learn::Call& call);
[[nodiscard]] Json to_json(const learn::CallList& list);
// On stderr, whatever else is asked for.
void tell_unresolved(const Output& out, const learn::CallList& list);
// What strace observed, from its output.
[[nodiscard]] Status add_trace(learn::CallList& into, const std::string& file);

}  // namespace glacis::cli
