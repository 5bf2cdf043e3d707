// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "manager/backend/seccomp/policy.h"

namespace glacis::seccomp {

// Arguments for which a clause of a refusal holds: its eq looks at the lower half.
// What is left are comparisons as the kernel makes them, on 64 bits.
[[nodiscard]] std::vector<SyscallArg> exact(const Clause& refusal);

// Conditions, of which one holds exactly where none of the refusals does; for a
// format that has one list of rules and no order among them. Nothing where there
// would be too many, or two on one argument that can't be joined.
using Conditions = std::vector<std::vector<SyscallArg>>;
[[nodiscard]] std::optional<Conditions> complement(const std::vector<Clause>& refusals);

// Both hold: each of the first with each of the second.
[[nodiscard]] std::optional<Conditions> both(const Conditions& first, const Conditions& second);

}  // namespace glacis::seccomp
