// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "manager/profile/address.h"
#include "manager/profile/lint.h"
#include "manager/profile/words.h"

namespace glacis::profile {
namespace {

// Protocols whose addresses and ports the image keeps in one table
// (lsm/abi/image.h, enum gl_net_group).
int table_of(gl_socket kind) {
  switch (kind) {
    case GL_SOCKET_UDP:
    case GL_SOCKET_UDPLITE:
      return 1;
    case GL_SOCKET_SCTP:
    case GL_SOCKET_DCCP:
    case GL_SOCKET_RAW:
    case GL_SOCKET_PING:
    case GL_SOCKET_MPTCP:
      return 2;
    default:
      return 0;
  }
}

std::string reach(const NetRule& rule) {
  std::set<std::string> parts;
  for (const Cidr& cidr : rule.addresses) parts.insert(to_text(cidr));
  for (const PortRange& range : rule.ports) parts.insert(":" + to_text(range));
  std::string out;
  for (const std::string& part : parts) out += part + " ";
  return out;
}

struct Grant {
  gl_socket kind;
  std::string reach;
  const Rule* rule;
};

}  // namespace

void lint_nets(const Resolved& resolved, diag::Diagnostics& diagnostics) {
  std::map<std::pair<int, gl_net_op>, Grant> first;
  std::set<const Rule*> reported;
  for (const Rule& rule : resolved.profile.rules) {
    const auto* net = std::get_if<NetRule>(&rule.body);
    if (net == nullptr || net->deny) continue;
    for (const gl_socket kind : net->sockets) {
      for (const gl_net_op op : net->ops) {
        if (table_of(kind) == 0) continue;
        const Grant grant{kind, reach(*net), &rule};
        const auto [other, fresh] = first.emplace(std::pair(table_of(kind), op), grant);
        const bool same = other->second.kind == kind || other->second.reach == grant.reach;
        if (fresh || same || !reported.insert(&rule).second) continue;
        diagnostics
            .add(diag::Code::GL305,
                 fmt::format("{} and {} share one table: each may do what either is granted",
                             word_of(socket_words(), other->second.kind),
                             word_of(socket_words(), kind)))
            .at(rule.span)
            .also(other->second.rule->span)
            .suggest("grant both the same addresses and ports, or drop one");
      }
    }
  }
}

}  // namespace glacis::profile
