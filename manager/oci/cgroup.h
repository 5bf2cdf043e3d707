// SPDX-License-Identifier: Apache-2.0
// The cgroup (of version 2) that a container has for itself.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "manager/base/result.h"

namespace glacis::oci {

struct Cgroup {
  std::string path;  // below /sys/fs/cgroup
  std::uint64_t id = 0;
};

// The path in the text of /proc/PID/cgroup; an error on a host that has version 1.
[[nodiscard]] Result<std::string> parse_cgroup(std::string_view text);

// Whether sessions can be told by `container`: it is no cgroup that the runtime,
// in `own`, or anybody else is in too.
[[nodiscard]] Status check_own(const std::string& container, const std::string& own);

// Of a running process.
[[nodiscard]] Result<Cgroup> cgroup_of(pid_t pid);

}  // namespace glacis::oci
