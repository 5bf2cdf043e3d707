// SPDX-License-Identifier: Apache-2.0
#include "manager/backend/apparmor/host.h"

#include <sys/apparmor.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "manager/backend/apparmor/compile.h"
#include "manager/base/file.h"

namespace glacis::apparmor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFeatures = "/sys/kernel/security/apparmor/features";
constexpr const char* kMode = "/sys/module/apparmor/parameters/mode";

// The kind of rules, and the folders or files by which a kernel says that it asks about
// it. Our text is of abi/3.0: what a kernel offers under a later name, as Linux 7.2 does
// network_v9/af_unix, is not asked about in its sense.
struct Kind {
  const char* what;
  std::array<const char*, 2> any;
};
constexpr std::array kinds = {
    Kind{"files", {"file", "file"}},
    Kind{"capabilities", {"caps", "capability"}},
    Kind{"sockets", {"network", "network_v8"}},
    Kind{"names and paths of Unix sockets", {"network/af_unix", "network/af_unix"}},
    Kind{"signals", {"signal", "signal"}},
    Kind{"tracing and inspection of other tasks", {"ptrace", "ptrace"}},
    Kind{"mounts", {"mount", "mount"}},
};

void look_at_module(Host& host) {
  errno = 0;
  host.enabled = ::aa_is_enabled() != 0;
  if (!host.enabled) {
    const int error = errno;
    switch (error) {
      case ENOSYS:
        host.why = "this kernel has no AppArmor";
        host.next = "boot a kernel with CONFIG_SECURITY_APPARMOR";
        break;
      case ECANCELED:
        host.why = "AppArmor is switched off";
        host.next = "add `apparmor` to lsm= on the kernel's command line, and reboot";
        break;
      case ENOENT:
        host.why = "AppArmor's file system is not mounted";
        host.next = "mount -t securityfs securityfs /sys/kernel/security";
        break;
      default:
        host.why = std::string("AppArmor does not answer: ") + std::strerror(error);
        host.next = "ask as root, outside of a container";
    }
    return;
  }
  host.asleep = is_asleep();
  host.unasked = unasked_kinds(kFeatures);
}

}  // namespace

std::string parser_version(std::string_view answer) {
  constexpr std::string_view head = "AppArmor parser version ";
  if (!answer.starts_with(head)) return {};
  answer.remove_prefix(head.size());
  answer = answer.substr(0, answer.find('\n'));
  const bool known =
      !answer.empty() && answer.size() <= 32 && std::ranges::all_of(answer, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '~' || c == '-';
      });
  return known ? std::string(answer) : std::string();
}

std::vector<std::string> unasked_kinds(const fs::path& features) {
  std::vector<std::string> out;
  for (const Kind& kind : kinds) {
    const bool asked = std::ranges::any_of(kind.any, [&](const char* name) {
      std::error_code ignored;
      return fs::exists(features / name, ignored);
    });
    if (!asked) out.emplace_back(kind.what);
  }
  return out;
}

bool is_asleep() {
  const auto mode = read_file(kMode, 64);
  return !mode || !(mode->starts_with("enforce") || mode->starts_with("kill"));
}

Host look() {
  Host host;
  look_at_module(host);
  host.parser = find_parser();
  if (!host.parser.empty())
    if (const auto answer = ask_version(host.parser)) host.version = parser_version(*answer);
  return host;
}

Status usable(const Host& host) {
  if (!host.enabled) return fail(Exit::kernel, host.why, host.next, "nothing was started");
  if (host.asleep)
    return fail(Exit::kernel, "AppArmor as a whole refuses nothing: its mode is not enforce",
                "echo enforce >/sys/module/apparmor/parameters/mode", "nothing was started");
  if (host.parser.empty() || host.version.empty())
    return fail(Exit::kernel,
                host.parser.empty() ? "there is no apparmor_parser, which compiles profiles"
                                    : host.parser + " does not tell its version",
                "apt-get install apparmor", "nothing was started");
  // Below, a text without its version would be read in another sense.
  if (std::atoi(host.version.c_str()) < 3)
    return fail(Exit::kernel, "apparmor_parser is " + host.version + ", and 3.0 is needed",
                "install a later one", "nothing was started");
  return {};
}

}  // namespace glacis::apparmor
