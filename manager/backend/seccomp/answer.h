// SPDX-License-Identifier: Apache-2.0
// Whether the filter of a policy can be what answered a call, as the kernel tells of
// it afterwards: by number and action, without the arguments and without saying
// which of a task's filters it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "manager/backend/seccomp/filter.h"

namespace glacis::seccomp {

// A call by its ABI (SCMP_ARCH_*, which are the numbers of audit's arch).
struct CallName {
  std::string abi;                  // "x86_64", "x32", or the number where it has no word
  std::optional<std::string> call;  // none: the library does not know the number
};
[[nodiscard]] CallName name_of(std::uint32_t arch, std::int64_t number);

struct Answer {
  // no: this policy lets the call pass, or answers otherwise; always: whatever the
  // arguments; sometimes: by the arguments, which nobody kept.
  enum class Is { no, sometimes, always };
  Is is = Is::no;
  std::uint32_t rule = 0;  // where one rule must have been it
  bool baseline = false;   // what every policy refuses (policy.h)
  int error = 0;           // EPERM, ENOSYS; 0 where it kills or only logs
};

// `code`: SECCOMP_RET_* without data.
[[nodiscard]] Answer answer_of(const Policy& policy, const Machine& machine, std::uint32_t arch,
                               std::int64_t number, std::uint32_t code);

}  // namespace glacis::seccomp
