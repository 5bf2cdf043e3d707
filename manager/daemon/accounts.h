// SPDX-License-Identifier: Apache-2.0
// Users and groups of this host by name, and who is at the other end of a socket.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "manager/base/result.h"

namespace glacis::daemon {

class Accounts {
 public:
  virtual ~Accounts() = default;
  [[nodiscard]] virtual std::optional<uid_t> user(const std::string& name) const = 0;
  [[nodiscard]] virtual std::optional<gid_t> group(const std::string& name) const = 0;
};

class SystemAccounts : public Accounts {
 public:
  std::optional<uid_t> user(const std::string& name) const override;
  std::optional<gid_t> group(const std::string& name) const override;
};

// As the kernel recorded them when the peer connected.
struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  std::vector<gid_t> groups;  // the primary one too
};

[[nodiscard]] Result<Peer> peer_of(int socket);

}  // namespace glacis::daemon
