// SPDX-License-Identifier: Apache-2.0
// What somebody asked an API server to do, as far as it can bear on a container.
// Every text in it is bytes that somebody else chose, cut to a bound.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace glacis::correlate {

enum class Kind {
  exec,          // a command is started in a container
  attach,        // somebody's terminal is bound to a container's process
  debug,         // a container is added to a pod that runs
  port_forward,  // somebody reaches a pod's ports
  create_pod,
  host_session,  // a shell or a command on the host itself
  secret,        // secrets are read
  rights,        // who may do what is changed
  identity,      // a role is taken
  other,         // kept only where a pod's own token is used
};
[[nodiscard]] std::string_view word(Kind kind);

struct Person {
  std::string name;
  std::vector<std::string> groups;
  std::string acts_as;  // the user whose rights were used instead
  std::vector<std::string> acts_as_groups;
  std::vector<std::string> addresses;  // only the last is the server's own word
  std::string agent;                   // as the client calls itself
  std::string arn, access_key;         // of a cloud's account
  std::string pod;                     // whose token was used

  friend bool operator==(const Person&, const Person&) = default;
};

struct Action {
  Kind kind = Kind::other;
  std::string source;  // "k8s-audit"
  std::string id;      // auditID, eventID
  std::string verb;    // "create pods/exec"
  std::string space, pod, container, host;
  std::vector<std::string> containers;  // that it makes
  std::vector<std::string> command;
  std::int64_t from = 0;   // nanoseconds since 1970
  std::int64_t until = 0;  // 0: its end is not known
  bool refused = false;    // by the API server
  Person by;
  std::string new_access_key;  // that an identity was given
  std::uint64_t line = 0;
};

}  // namespace glacis::correlate
