// SPDX-License-Identifier: Apache-2.0
// What this host can enforce. Nothing is inferred where it can be tried: a
// program is loaded, attached, asked and detached again.
#pragma once

#include <string>
#include <vector>

#include "manager/base/result.h"

namespace glacis::kernel {

enum class Outcome { ok, warn, fail, unknown };  // unknown: not permitted to find out

struct Check {
  std::string name;  // "bpf-lsm"
  Outcome outcome = Outcome::ok;
  std::string evidence;      // what was seen
  std::string remedy;        // empty where all is well
  Exit exit = Exit::kernel;  // of a failure
};

// The checks that only look: privileges, kernel, BTF, the list of security
// modules, bpffs, ftrace, memory limits, preemption, mount namespace.
[[nodiscard]] std::vector<Check> look_at_host();

// All of those, then what must be tried in the kernel.
[[nodiscard]] std::vector<Check> probe();

// Exit::ok if nothing failed; Exit::kernel if something needed does not work;
// Exit::not_permitted if that could not be found out.
[[nodiscard]] Exit verdict(const std::vector<Check>& checks);

// The first failure as an error with its remedy; for commands that are about to
// change the kernel.
[[nodiscard]] Status precheck();

}  // namespace glacis::kernel
