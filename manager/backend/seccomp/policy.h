// SPDX-License-Identifier: Apache-2.0
// What a filter of system calls says, for any architecture: from an image.
//
// Two sorts. A profile that allows calls has a list: what is on it is allowed,
// other known calls answer EPERM, and unknown ones (of a later kernel) ENOSYS, so
// that programs fall back. Every other profile refuses only what it denies, and
// what the baseline refuses.
//
// The baseline closes what no LSM hook sees:
//   personality   with READ_IMPLIES_EXEC, after which brk(2) makes an executable
//                 heap; not where the profile grants memory exec_heap
//   pwritev2      with RWF_NOAPPEND, which writes over what is only granted for
//   io_submit     append (its flags are in memory, so all of it is refused), and
//   fallocate     that makes holes, zeros, or moves what lies behind; each only
//                 where something is granted for append and not for write
// and the x32 ABI, whose calls have numbers of their own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manager/image/view.h"
#include "manager/profile/model.h"

namespace glacis::seccomp {

using profile::SyscallAction;
using profile::SyscallArg;

// Arguments that decide, all of which must hold. Rule 0 is the baseline.
struct Clause {
  std::vector<SyscallArg> args;
  std::uint32_t rule = 0;
};

// The first of kills, refusals, grants that has a clause that holds decides;
// where none does, `otherwise`. There are grants only if that refuses.
struct Call {
  std::string name;
  SyscallAction otherwise = SyscallAction::allow;
  std::uint32_t rule = 0;  // that `otherwise` comes from; 0: none does
  std::vector<Clause> grants, refusals, kills;

  [[nodiscard]] bool plain() const { return grants.empty() && refusals.empty() && kills.empty(); }
};

struct Policy {
  bool list = false;        // what is not in `calls` answers ENOSYS, else it is allowed
  bool compat = true;       // the 32-bit ABI beside the machine's own; else refused whole
  std::vector<Call> calls;  // by name

  [[nodiscard]] const Call* find(std::string_view name) const;
};

[[nodiscard]] Policy policy_of(const image::ImageView& image);

// Without these no program ends, or returns from a signal: on every list.
inline constexpr std::string_view always_allowed[] = {"exit", "exit_group", "restart_syscall",
                                                      "rt_sigreturn", "sigreturn"};

}  // namespace glacis::seccomp
