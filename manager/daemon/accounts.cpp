// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/accounts.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace glacis::daemon {
namespace {

constexpr std::size_t first_room = 1024;
constexpr std::size_t most_room = std::size_t{1} << 20;  // a group of very many members

// getpwnam_r(3) and getgrnam_r(3) say with ERANGE that they want more room.
template <typename Entry, typename Ask>
std::optional<Entry> ask_with_room(Ask ask) {
  for (std::size_t room = first_room; room <= most_room; room *= 2) {
    std::vector<char> buffer(room);
    Entry entry{};
    Entry* found = nullptr;
    const int error = ask(&entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE) continue;
    return error == 0 && found != nullptr ? std::optional(entry) : std::nullopt;
  }
  return std::nullopt;
}

std::unexpected<Error> unknown_peer() {
  return fail(Exit::not_permitted,
              "cannot tell who is calling: " + std::generic_category().message(errno));
}

}  // namespace

std::optional<uid_t> SystemAccounts::user(const std::string& name) const {
  const auto entry =
      ask_with_room<passwd>([&](passwd* to, char* buffer, std::size_t size, passwd** found) {
        return ::getpwnam_r(name.c_str(), to, buffer, size, found);
      });
  return entry ? std::optional(entry->pw_uid) : std::nullopt;
}

std::optional<gid_t> SystemAccounts::group(const std::string& name) const {
  const auto entry = ask_with_room<struct group>(
      [&](struct group* to, char* buffer, std::size_t size, struct group** found) {
        return ::getgrnam_r(name.c_str(), to, buffer, size, found);
      });
  return entry ? std::optional(entry->gr_gid) : std::nullopt;
}

Result<Peer> peer_of(int socket) {
  ucred who{};
  socklen_t length = sizeof who;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0) return unknown_peer();
  Peer out{who.pid, who.uid, {who.gid}};
  length = 0;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, nullptr, &length) != 0 && errno != ERANGE)
    return unknown_peer();
  std::vector<gid_t> groups(length / sizeof(gid_t));
  if (!groups.empty() &&
      ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) != 0)
    return unknown_peer();
  out.groups.insert(out.groups.end(), groups.begin(), groups.end());
  return out;
}

}  // namespace glacis::daemon
