// SPDX-License-Identifier: Apache-2.0
#include "manager/oci/cgroup.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lsm/abi/label.h"
#include "manager/base/escape.h"
#include "manager/base/file.h"

namespace glacis::oci {
namespace {

constexpr std::string_view mounted = "/sys/fs/cgroup";
constexpr std::size_t text_max = std::size_t{64} << 10;

Result<std::string> path_of(const std::string& process) {
  const auto text = read_file("/proc/" + process + "/cgroup", text_max);
  if (!text) return std::unexpected(text.error());
  return parse_cgroup(*text);
}

}  // namespace

Result<std::string> parse_cgroup(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with("0::/")) return std::string(line.substr(3));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return fail(Exit::kernel, "this host has no cgroups of version 2",
              "boot with systemd.unified_cgroup_hierarchy=1");
}

Status check_own(const std::string& container, const std::string& own) {
  if (container == "/" || container.contains("/../") || container.ends_with("/..") ||
      (own + "/").starts_with(container + "/"))
    return fail(Exit::usage, "the container has no cgroup of its own",
                "give it one (linux.cgroupsPath)");
  if (std::ranges::count(container, '/') > GL_CGROUP_DEPTH)
    return fail(Exit::usage, "the container's cgroup is too deep");
  return {};
}

Result<Cgroup> cgroup_of(pid_t pid) {
  auto path = path_of(std::to_string(pid));
  if (!path) return std::unexpected(path.error());
  const auto own = path_of("self");
  if (!own) return std::unexpected(own.error());
  if (auto good = check_own(*path, *own); !good) return std::unexpected(good.error());
  struct stat about{};
  const std::string place = std::string(mounted) + *path;
  if (::stat(place.c_str(), &about) != 0)
    return fail(Exit::usage,
                fmt::format("cannot look at {}: {}", escape(place), std::strerror(errno)));
  return Cgroup{std::move(*path), about.st_ino};
}

}  // namespace glacis::oci
