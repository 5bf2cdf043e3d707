// SPDX-License-Identifier: Apache-2.0
// The methods of org.glacis.control (see the .varlink file), by role.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "manager/daemon/policies.h"
#include "manager/daemon/roles.h"
#include "manager/daemon/server.h"

namespace glacis::daemon {

// The text of the interface file, a part of the program.
extern const std::string_view interface_text;

class Control {
 public:
  Control(Policies& policies, Host& host, Say say)
      : policies_(policies), host_(host), say_(std::move(say)) {}

  void set_roles(Roles roles) { roles_ = std::move(roles); }
  void set_recorded(std::uint64_t records) { recorded_ = records; }
  // Faults of the daemon itself, by subject ("evidence"); empty: it is well again.
  void set_problem(const std::string& subject, const std::string& text);

  [[nodiscard]] Answer call(ClientId client, const Peer& peer, const Call& call);

  // A reload was asked for, by a client or by anything else.
  void reload(const Asker& asker);
  // Who waits for the end of a reload gets its answer.
  void reloaded(Server& server);

 private:
  Answer service(const Call& call);
  Answer status();
  Answer set_mode(const Call& call, const Asker& asker, Role role);
  [[nodiscard]] gl_mode goal(const std::string& name) const;
  Json profiles() const;

  Policies& policies_;
  Host& host_;
  Say say_;
  Roles roles_;
  std::map<std::string, std::string> problems_;
  std::vector<ClientId> waiting_;
  std::uint64_t recorded_ = 0;
};

}  // namespace glacis::daemon
