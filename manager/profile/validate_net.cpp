// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "manager/base/escape.h"
#include "manager/profile/address.h"
#include "manager/profile/fields.h"
#include "manager/profile/validate.h"

namespace glacis::profile {
namespace {

using diag::Code;

struct ProtocolKey {
  std::string_view key;
  gl_socket kind;
  bool ports;
};

constexpr std::array<ProtocolKey, 8> protocol_keys = {{
    {"tcp", GL_SOCKET_TCP, true},
    {"udp", GL_SOCKET_UDP, true},
    {"udplite", GL_SOCKET_UDPLITE, true},
    {"sctp", GL_SOCKET_SCTP, true},
    {"dccp", GL_SOCKET_DCCP, true},
    {"mptcp", GL_SOCKET_MPTCP, true},
    {"raw", GL_SOCKET_RAW, false},
    {"ping", GL_SOCKET_PING, false},
}};

class NetReader {
 public:
  NetReader(const Node& table, diag::Diagnostics& diagnostics)
      : diagnostics_(diagnostics),
        fields_(table, "[[net]]",
                {"op", "to", "tcp", "udp", "udplite", "sctp", "dccp", "mptcp", "raw", "ping",
                 "unix", "peer", "socket", "deny", "severity", "reason", "seen"},
                diagnostics) {
    block_.span = table.span;
  }

  std::optional<NetBlock> read() {
    const std::size_t before = diagnostics_.errors();
    block_.deny = fields_.boolean("deny").value_or(false);
    block_.ops = fields_.words("op", net_op_words(), "operation");
    block_.to = fields_.strings("to");
    block_.limited = fields_.find("to") != nullptr;
    for (const ProtocolKey& key : protocol_keys) protocol(key);
    unix_names();
    block_.peers = fields_.strings("peer");
    for (const Text& peer : block_.peers) profile::check_peer(peer, diagnostics_);
    block_.sockets = fields_.words("socket", socket_words(), "kind of socket");
    validate_metadata(fields_);
    check();
    if (diagnostics_.errors() != before) return std::nullopt;
    return std::move(block_);
  }

 private:
  [[nodiscard]] bool has_op(gl_net_op op) const {
    return std::any_of(block_.ops.begin(), block_.ops.end(),
                       [&](const Word& word) { return word.value == op; });
  }

  void protocol(const ProtocolKey& key) {
    const Entry* entry = fields_.find(key.key);
    if (entry == nullptr) return;
    Protocol protocol{key.kind, entry->span, {}};
    protocol.span.end = std::max(protocol.span.end, entry->value.span.line == entry->span.line
                                                        ? entry->value.span.end
                                                        : protocol.span.end);
    const Node& value = entry->value;
    if (!key.ports) {
      const auto on = fields_.boolean(key.key);
      if (on == false) {
        diagnostics_.add(Code::GL115, fmt::format("`{} = false` says nothing", key.key))
            .at(value.span)
            .suggest("remove it; what is not granted is refused");
      }
      if (on == true) block_.protocols.push_back(std::move(protocol));
      return;
    }
    if (value.kind == Kind::array) {
      if (value.items.empty()) (void)fields_.strings(key.key);
      for (const Node& item : value.items) port(key, item, protocol);
    } else {
      port(key, value, protocol);
    }
    // "any" beside other ports is any.
    const bool every = std::any_of(protocol.ports.begin(), protocol.ports.end(),
                                   [](PortRange r) { return r.first == 0 && r.last == 65535; });
    if (every) protocol.ports.clear();
    block_.protocols.push_back(std::move(protocol));
  }

  void port(const ProtocolKey& key, const Node& value, Protocol& protocol) {
    std::string text;
    if (value.kind == Kind::string) {
      text = value.text;
    } else if (value.kind == Kind::integer) {
      text = std::to_string(value.integer);
    } else {
      fields_.wrong_type(key.key, value, "ports: numbers, \"8000-8100\" or \"any\"");
      return;
    }
    const auto range = parse_ports(text);
    if (!range) {
      diagnostics_.add(Code::GL213, range.error().what).at(value.span).suggest(range.error().help);
      return;
    }
    if (range->first == 0 && text != "any") port_zero(value);
    protocol.ports.push_back(*range);
  }

  void port_zero(const Node& value) {
    const bool binds_only = has_op(GL_NET_BIND) && block_.ops.size() == 1;
    if (binds_only) {
      diagnostics_.add(Code::GL403, "port 0 lets the kernel choose an unused port")
          .at(value.span)
          .note("other programs cannot know that port beforehand, and the grant does not limit it");
      return;
    }
    diagnostics_.add(Code::GL213, "there is no port 0 to connect or send to")
        .at(value.span)
        .suggest("write the ports that are meant, or \"any\"");
  }

  void unix_names() {
    block_.unix_names = fields_.strings("unix");
    if (const Entry* entry = fields_.find("unix")) block_.unix_span = entry->span;
  }

  void check() {
    const bool addressed =
        !block_.protocols.empty() || !block_.unix_names.empty() || !block_.peers.empty();
    const bool needs_op = addressed || block_.limited;
    if (needs_op && fields_.find("op") == nullptr && !fields_.has_unknown()) {
      diagnostics_.add(Code::GL214, "this [[net]] names no operation")
          .at(block_.span)
          .suggest("add op = \"bind\", \"connect\" or \"send\"");
    }
    if (!fields_.has_unknown()) check_subject(addressed);
    if (fields_.find("to") != nullptr && fields_.find("unix") != nullptr) {
      diagnostics_.add(Code::GL215, "`to` and `unix` exclude each other")
          .at(fields_.find("to")->span)
          .also(fields_.find("unix")->span)
          .suggest("write a [[net]] block for each");
    }
    if (block_.deny && !block_.sockets.empty()) {
      diagnostics_.add(Code::GL215, "`deny` and `socket` exclude each other")
          .at(fields_.find("socket")->span)
          .also(fields_.find("deny")->span)
          .suggest("kinds of socket that are not granted are refused; remove the block");
    }
    check_protocols();
    check_peers();
  }

  // Who listens is another question than where: a block asks one of them.
  void check_peers() {
    const Entry* peer = fields_.find("peer");
    if (peer == nullptr) return;
    std::vector<std::string_view> others{"to", "unix", "socket"};
    for (const ProtocolKey& each : protocol_keys) others.emplace_back(each.key);
    for (const std::string_view other : others) {
      const Entry* entry = fields_.find(other);
      if (entry == nullptr) continue;
      diagnostics_.add(Code::GL215, fmt::format("`peer` and `{}` exclude each other", other))
          .at(entry->span)
          .also(peer->span)
          .suggest("write a [[net]] block for each");
    }
    if (block_.ops.empty() || (block_.ops.size() == 1 && has_op(GL_NET_CONNECT))) return;
    diagnostics_.add(Code::GL216, "a peer is reached, and nothing else is done with it by name")
        .at(fields_.find("op")->span)
        .suggest("write op = \"connect\"; it covers datagrams, too");
  }

  void check_subject(bool addressed) {
    if (addressed || !block_.sockets.empty()) return;
    const bool tried = std::any_of(protocol_keys.begin(), protocol_keys.end(),
                                   [&](const ProtocolKey& k) { return fields_.find(k.key); }) ||
                       fields_.find("unix") != nullptr || fields_.find("socket") != nullptr ||
                       fields_.find("peer") != nullptr;
    // A deny without protocols speaks of all of them.
    if (tried || (block_.deny && !block_.ops.empty())) return;
    diagnostics_.add(Code::GL214, "this [[net]] names no protocol")
        .at(block_.span)
        .suggest("add tcp = [443], udp = \"any\", unix = [\"/run/x.sock\"] or socket = [\"unix\"]");
  }

  void check_protocols() {
    for (const Protocol& protocol : block_.protocols) {
      const bool stream = protocol.kind == GL_SOCKET_TCP || protocol.kind == GL_SOCKET_DCCP ||
                          protocol.kind == GL_SOCKET_MPTCP;
      if (stream && has_op(GL_NET_SEND)) {
        diagnostics_
            .add(Code::GL216, fmt::format("{} sends nothing without a connection",
                                          word_of(socket_words(), protocol.kind)))
            .at(protocol.span)
            .suggest("write op = \"connect\"; it covers TCP fast open too");
      }
      const bool bound =
          block_.limited && !block_.deny && !(block_.to.size() == 1 && block_.to[0].value == "any");
      if (protocol.kind == GL_SOCKET_MPTCP && bound) {
        diagnostics_.add(Code::GL216, "an address cannot bind MPTCP")
            .at(protocol.span)
            .also(fields_.find("to")->span, "this would not be kept")
            .note(
                "the kernel opens further subflows to addresses that the peer names, and no "
                "hook sees them")
            .suggest("use tcp, or grant mptcp without `to`");
      }
    }
  }

  diag::Diagnostics& diagnostics_;
  Fields fields_;
  NetBlock block_;
};

}  // namespace

void validate_nets(const Node& tree, Document& document, diag::Diagnostics& diagnostics) {
  for (const Node* table : as_tables(tree.find("net"), "[[net]]", diagnostics)) {
    if (auto block = NetReader(*table, diagnostics).read()) {
      document.nets.push_back(std::move(*block));
    }
  }
}

}  // namespace glacis::profile
