// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/tiers.h"

#include <cstddef>

namespace glacis::learn {
namespace {

struct Tiered {
  std::string_view folder;
  Tier below;  // for it and all below it; the longest row that fits counts
};
constexpr Tiered kBelow[] = {
    {"/", Tier::ordinary},
    // Secrets, other people's files, and what decides who may do what.
    {"/root", Tier::kept},
    {"/home", Tier::kept},
    {"/etc/ssl/private", Tier::kept},
    {"/etc/sudoers.d", Tier::kept},
    {"/etc/pam.d", Tier::kept},
    {"/etc/security", Tier::kept},
    {"/etc/ssh", Tier::kept},
    {"/etc/systemd", Tier::kept},
    {"/etc/glacis", Tier::kept},
    {"/etc/cron.d", Tier::kept},
    {"/var/spool/cron", Tier::kept},
    {"/var/lib/glacis", Tier::kept},
    {"/var/log/glacis", Tier::kept},
    {"/run/secrets", Tier::kept},
    {"/run/credentials", Tier::kept},
    {"/run/user", Tier::kept},
    // Programs: which ones is the point of a profile.
    {"/usr/bin", Tier::kept},
    {"/usr/sbin", Tier::kept},
    {"/usr/local/bin", Tier::kept},
    {"/usr/local/sbin", Tier::kept},
    {"/usr/libexec", Tier::kept},
    {"/boot", Tier::kept},
    // The kernel's own: a name is a door.
    {"/proc/sys", Tier::kept},
    {"/sys/fs", Tier::kept},
    {"/sys/kernel", Tier::kept},
    {"/dev", Tier::kept},
    {"/etc", Tier::guarded},
    {"/proc", Tier::guarded},
    {"/sys", Tier::guarded},
    {"/run", Tier::guarded},
    {"/usr/lib", Tier::guarded},
    {"/usr/local/lib", Tier::guarded},
    {"/tmp", Tier::guarded},
    {"/var/tmp", Tier::guarded},
    {"/var/spool", Tier::guarded},
};

// Shared by everything on a host: a name directly in one of them says nothing of
// its neighbours.
constexpr std::string_view kShared[] = {
    "/",         "/etc",     "/usr",     "/usr/lib",   "/usr/share", "/usr/local",
    "/var",      "/var/lib", "/var/log", "/var/cache", "/var/spool", "/var/tmp",
    "/var/mail", "/run",     "/tmp",     "/srv",       "/opt",       "/mnt",
    "/media",    "/proc",    "/sys",     "/run/lock",  "/dev/shm",   "/var/www",
};

// Folders of secrets, wherever they are.
constexpr std::string_view kSecret[] = {".ssh",    ".gnupg",  ".aws",           ".kube",
                                        ".azure",  ".docker", ".pki",           ".mozilla",
                                        "private", ".config", ".password-store"};

bool within(std::string_view folder, std::string_view row) {
  return row == "/" || folder == row ||
         (folder.starts_with(row) && folder.size() > row.size() && folder[row.size()] == '/');
}

bool has_secret(std::string_view folder) {
  for (std::size_t at = 1; at < folder.size();) {
    const std::size_t end = folder.find('/', at);
    const std::string_view name = folder.substr(at, end == folder.npos ? end : end - at);
    for (const std::string_view secret : kSecret)
      if (name == secret) return true;
    if (end == folder.npos) break;
    at = end + 1;
  }
  return false;
}

}  // namespace

Tier tier_of(std::string_view folder) {
  for (const std::string_view shared : kShared)
    if (folder == shared) return Tier::kept;
  if (has_secret(folder)) return Tier::kept;
  const Tiered* best = &kBelow[0];
  for (const Tiered& row : kBelow)
    if (within(folder, row.folder) && row.folder.size() > best->folder.size()) best = &row;
  return best->below;
}

}  // namespace glacis::learn
