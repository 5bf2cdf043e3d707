// SPDX-License-Identifier: Apache-2.0
// The program for calls whose arguments decide; see filter.h for why it is ours.
// Every clause is tried in order, each by its comparisons one after the other.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "manager/backend/seccomp/policy.h"

namespace glacis::seccomp {

// What the program returns: SECCOMP_RET_*.
struct Answers {
  std::uint32_t refuse, kill, unknown;
};

// One architecture that the program is for, as seccomp_data has it.
struct Abi {
  std::uint32_t arch = 0;
  bool narrow = false;  // arguments have 32 bits
  // The call's number, negative where it has none, or one whose arguments can't be seen.
  std::function<int(const std::string&)> number;
};

// Empty where no call has a clause.
[[nodiscard]] std::vector<sock_filter> arguments_program(const Policy& policy,
                                                         std::span<const Abi> abis,
                                                         const Answers& answers);

}  // namespace glacis::seccomp
