// SPDX-License-Identifier: Apache-2.0
#include "manager/backend/apparmor/policy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/apparmor.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "manager/base/escape.h"
#include "manager/base/file.h"

namespace glacis::apparmor {
namespace {

constexpr const char* kList = "/sys/kernel/security/apparmor/profiles";
constexpr std::size_t kLongestList = std::size_t{16} << 20;
constexpr const char* kRun = "/run/glacis";
constexpr const char* kLock = "/run/glacis/apparmor.lock";
constexpr const char* kStays = "what was enforced before stays in force";

using Interface = std::unique_ptr<aa_kernel_interface, decltype(&::aa_kernel_interface_unref)>;

Result<Interface> open_interface() {
  aa_kernel_interface* raw = nullptr;
  if (::aa_kernel_interface_new(&raw, nullptr, nullptr) == 0)
    return Interface(raw, &::aa_kernel_interface_unref);
  return fail(Exit::kernel,
              fmt::format("AppArmor's file system cannot be used: {}", std::strerror(errno)),
              "glacis doctor", kStays);
}

// As profiles may be called: nothing that has a meaning there.
bool is_name(std::string_view name) {
  constexpr std::size_t longest = 63;
  return !name.empty() && name.size() <= longest && name.front() != '.' && name.front() != '-' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

Status need_name(const std::string& domain) {
  if (is_name(domain)) return {};
  return fail(Exit::usage, fmt::format("`{}` is no profile's name", escape(domain)), {}, kStays);
}

}  // namespace

std::vector<Loaded> parse_profiles(std::string_view list) {
  std::vector<Loaded> out;
  while (!list.empty()) {
    std::string_view line = list.substr(0, list.find('\n'));
    list.remove_prefix(std::min(line.size() + 1, list.size()));
    const auto open = line.rfind(" (");
    if (!line.starts_with(prefix) || open == std::string_view::npos || !line.ends_with(')'))
      continue;
    const std::string_view name = line.substr(prefix.size(), open - prefix.size());
    const std::string_view mode = line.substr(open + 2, line.size() - open - 3);
    if (is_name(name)) out.push_back({std::string(name), escape(mode)});
  }
  std::ranges::sort(out, {}, &Loaded::domain);
  return out;
}

Result<std::vector<Loaded>> loaded() {
  const auto list = read_whole(kList, kLongestList);
  if (list) return parse_profiles(*list);
  if (list.error().kind == ReadFailure::Kind::missing) return std::vector<Loaded>{};
  return fail(Exit::not_permitted, fmt::format("cannot read {}: {}", kList, list.error().what),
              "run it as root, outside of a container", "nothing was changed");
}

Result<Fd> lock() {
  if (::mkdir(kRun, 0755) != 0 && errno != EEXIST)
    return fail(Exit::usage, fmt::format("cannot make {}: {}", kRun, std::strerror(errno)), {},
                kStays);
  Fd fd(::open(kLock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  int done = -1;
  if (fd)
    while ((done = ::flock(fd.get(), LOCK_EX)) != 0 && errno == EINTR) {
    }
  if (done == 0) return fd;
  return fail(Exit::usage, fmt::format("cannot lock {}: {}", kLock, std::strerror(errno)), {},
              kStays);
}

Status replace(const std::string& domain, const std::string& binary, bool enforces) {
  if (auto named = need_name(domain); !named) return named;
  const auto interface = open_interface();
  if (!interface) return std::unexpected(interface.error());
  if (::aa_kernel_interface_replace_policy(interface->get(), binary.data(), binary.size()) != 0)
    return fail(
        Exit::kernel,
        fmt::format("AppArmor does not take the profile `{}`: {}", domain, std::strerror(errno)),
        "the kernel's log has its reason", kStays);
  const auto now = loaded();
  if (!now) return std::unexpected(now.error());
  const auto found = std::ranges::find(*now, domain, &Loaded::domain);
  if (found == now->end() || (found->mode == "complain") == enforces)
    return fail(Exit::kernel,
                fmt::format("AppArmor took the profile `{}`, and lists it {}", domain,
                            found == now->end() ? "not at all" : "as " + found->mode),
                "look at /sys/kernel/security/apparmor/profiles", "nothing was started");
  return {};
}

Status remove(const std::string& domain) {
  if (auto named = need_name(domain); !named) return named;
  const auto interface = open_interface();
  if (!interface) return std::unexpected(interface.error());
  const std::string name = std::string(prefix) + domain;
  if (::aa_kernel_interface_remove_policy(interface->get(), name.c_str()) == 0) return {};
  return fail(Exit::kernel,
              fmt::format("AppArmor does not remove `{}`: {}", domain, std::strerror(errno)), {},
              kStays);
}

}  // namespace glacis::apparmor
