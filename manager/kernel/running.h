// SPDX-License-Identifier: Apache-2.0
// Processes that were there before the profile that attaches them: found by what
// the kernel would have gone by at their exec, and adopted.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/kernel/enforcer.h"

namespace glacis::kernel {

// What /proc tells of a process that [attach] goes by.
struct ProcessFacts {
  std::string program;     // where the kernel has it, empty for its own threads
  bool host_root = false;  // its root and mount namespace are those of process 1
  std::string cgroup;      // in the unified hierarchy: "/system.slice/nginx.service"
  uid_t user = 0;          // the real one
};

// Who attaches a process, and by what: "program /usr/sbin/nginx".
struct Attacher {
  std::string profile;
  std::string reason;
};

// As lsm/decide/attach.h has it, for an exec of the process's program now.
[[nodiscard]] std::optional<Attacher> attacher_of(const ProcessFacts& process,
                                                  std::span<const Domain> domains);

struct Running {
  pid_t pid = 0;
  Attacher by;
  bool own = false;       // it started this command or is it: never adopted
  bool adopted = false;   // it, its threads and descendants
  std::string not_since;  // why it was not
};

// Processes without a label that a domain in force attaches; with `profile`, that
// one alone. Nothing is changed.
Result<std::vector<Running>> find_running(const Enforcer& enforcer, const std::string& profile);

// Finds them and adopts them. One that could not be is told in its entry.
Result<std::vector<Running>> adopt_running(Enforcer& enforcer, const std::string& profile);

}  // namespace glacis::kernel
