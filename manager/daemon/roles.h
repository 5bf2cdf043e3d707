// SPDX-License-Identifier: Apache-2.0
// Who may ask for what.
#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "manager/daemon/accounts.h"
#include "manager/daemon/config.h"

namespace glacis::daemon {

// The names of a configuration as the numbers of this host.
class Roles {
 public:
  Roles() = default;
  Roles(const Config& config, const Accounts& accounts);

  // The highest that a user or one of its groups has. Root is admin.
  [[nodiscard]] Role of(const Peer& peer) const;
  // "user:alice" where this host has none: no one gets the role through it.
  [[nodiscard]] const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  std::array<std::set<uid_t>, role_words.size()> users_;
  std::array<std::set<gid_t>, role_words.size()> groups_;
  std::vector<std::string> unknown_;
};

}  // namespace glacis::daemon
