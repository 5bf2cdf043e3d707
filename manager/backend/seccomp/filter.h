// SPDX-License-Identifier: Apache-2.0
// A policy as programs of classic BPF. Filters stack, and the kernel takes the
// strictest answer. There are two, in this order:
//
//   arguments  calls whose arguments decide: kill, EPERM, or allow; allows others
//   numbers    what is said without conditions, by libseccomp as a binary tree; for
//              the rest ENOSYS or allow. Foreign ABIs are refused here.
//
// libseccomp 2.5.4 takes no two comparisons of one argument in a rule, no "this
// call, but not with that argument", and where conditions of several rules overlap
// it makes filters that answer by a rule whose conditions do not all hold (the
// tests found it). So the first program is written here, clause by clause.
//
// What both allow by number alone costs nothing: the kernel finds out at
// installation and keeps a bit for it (since 5.11).
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manager/backend/seccomp/policy.h"
#include "manager/base/result.h"

namespace glacis::seccomp {

// As libseccomp numbers them: SCMP_ARCH_*.
struct Machine {
  std::uint32_t native = 0;
  std::optional<std::uint32_t> compat;  // its 32-bit ABI
};
[[nodiscard]] Machine this_machine();
[[nodiscard]] Machine machine_of(std::uint32_t native);

struct Program {
  std::string name;  // arguments, numbers
  std::vector<sock_filter> code;
};

// What a refusal does: refuse, or only be logged (modes audit and observe).
enum class Posture { refuse, log };

// In the order in which they are to be installed.
[[nodiscard]] Result<std::vector<Program>> build_filters(const Policy& policy,
                                                         const Machine& machine, Posture posture);

}  // namespace glacis::seccomp
