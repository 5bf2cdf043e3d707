// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/roles.h"

#include <algorithm>

namespace glacis::daemon {

Roles::Roles(const Config& config, const Accounts& accounts) {
  for (std::size_t role = 0; role < config.roles.size(); ++role)
    for (const Account& account : config.roles[role]) {
      const auto user = account.group ? std::nullopt : accounts.user(account.name);
      const auto group = account.group ? accounts.group(account.name) : std::nullopt;
      if (user) users_[role].insert(*user);
      if (group) groups_[role].insert(*group);
      if (!user && !group) unknown_.push_back((account.group ? "group:" : "user:") + account.name);
    }
}

Role Roles::of(const Peer& peer) const {
  if (peer.uid == 0) return Role::admin;
  for (const Role role : {Role::admin, Role::operator_, Role::viewer}) {
    const auto index = static_cast<std::size_t>(role);
    const bool member = std::ranges::any_of(
        peer.groups, [&](gid_t group) { return groups_[index].contains(group); });
    if (member || users_[index].contains(peer.uid)) return role;
  }
  return Role::none;
}

}  // namespace glacis::daemon
