// SPDX-License-Identifier: Apache-2.0
#include "manager/backend/seccomp/install.h"

#include <fmt/format.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace glacis::seccomp {

Status install(std::span<const Program> programs) {
  for (const Program& program : programs) {
    const sock_fprog filter{static_cast<unsigned short>(program.code.size()),
                            const_cast<sock_filter*>(program.code.data())};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &filter) == 0)
      continue;
    return fail(Exit::kernel,
                fmt::format("cannot install the filter of system calls ({}): {}", program.name,
                            std::strerror(errno)),
                "the kernel needs CONFIG_SECCOMP_FILTER", "nothing was started");
  }
  return {};
}

}  // namespace glacis::seccomp
