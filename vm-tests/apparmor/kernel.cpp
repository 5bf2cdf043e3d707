// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/apparmor/kernel.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace glacis::oracle {

Result<Kernel> Kernel::open(std::string space) {
  Fd fd(::open("/sys/kernel/security/apparmor/.access", O_RDWR | O_CLOEXEC));
  if (!fd) return fail(Exit::usage, std::string("AppArmor's .access: ") + std::strerror(errno));
  return Kernel(std::move(fd), std::move(space));
}

std::optional<std::uint32_t> Kernel::ask(std::string_view profile, char kind,
                                         std::string_view what) const {
  std::string query("label\0", 6);
  query.append(":").append(space_).append(":").append(profile);
  query += '\0';
  query += kind;
  query += what;
  // At the start each time: an answer that was read moves the place, and that is refused.
  const auto written = ::pwrite(fd_.get(), query.data(), query.size(), 0);
  if (written != static_cast<ssize_t>(query.size())) return std::nullopt;
  std::array<char, 256> answer{};
  if (::pread(fd_.get(), answer.data(), answer.size() - 1, 0) <= 0) return std::nullopt;
  std::uint32_t allow = 0, deny = 0;
  if (std::sscanf(answer.data(), "allow 0x%x deny 0x%x", &allow, &deny) != 2) return std::nullopt;
  return allow & ~deny;
}

}  // namespace glacis::oracle
