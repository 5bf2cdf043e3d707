// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lsm/abi/image.h"
#include "manager/profile/address.h"
#include "manager/profile/glob.h"
#include "manager/profile/pattern_check.h"
#include "manager/profile/variables.h"

namespace glacis::profile {
namespace {

using diag::Code;

constexpr std::array ip_kinds = {GL_SOCKET_TCP, GL_SOCKET_UDP,  GL_SOCKET_UDPLITE, GL_SOCKET_PING,
                                 GL_SOCKET_RAW, GL_SOCKET_SCTP, GL_SOCKET_DCCP,    GL_SOCKET_MPTCP};

// Kinds whose datagrams name an address of their own, connected or not.
bool sends_without_connection(gl_socket kind) {
  return kind == GL_SOCKET_UDP || kind == GL_SOCKET_UDPLITE || kind == GL_SOCKET_PING ||
         kind == GL_SOCKET_RAW || kind == GL_SOCKET_SCTP;
}

bool before(const Rule& a, const Rule& b) {
  return std::pair(a.span.line, a.span.column) < std::pair(b.span.line, b.span.column);
}

class Resolver {
 public:
  Resolver(const diag::SourceSet& sources, diag::Diagnostics& diagnostics)
      : diagnostics_(diagnostics), variables_(diagnostics) {
    for (std::uint32_t file = 0; file < sources.size(); ++file) {
      out_.profile.files.push_back(sources[file].path());
    }
  }

  Resolved run(const std::vector<Document>& documents) {
    for (const Document& document : documents) {
      for (const Variable& variable : document.variables) variables_.define(variable);
    }
    variables_.check();
    for (const Document& document : documents) add(document);
    limit_processes();
    number();
    return std::move(out_);
  }

 private:
  void add(const Document& document) {
    settings(document.settings);
    attach(document.attach);
    rules_.clear();
    for (const Text& text : document.exec) {
      path(text, PathRule{{}, GL_FILE_EXECUTE | GL_FILE_MAP_EXEC | GL_FILE_READ, Owner::any, false},
           PatternUse::path);
    }
    for (const FileBlock& block : document.files) file(block);
    for (const NetBlock& block : document.nets) net(block);
    for (const ProcessBlock& block : document.processes) process(block);
    for (const Word& word : document.capabilities.allow) capability(word, false);
    for (const Word& word : document.capabilities.deny) capability(word, true);
    for (const Word& word : document.memory) rule(word.span, MemoryRule{word.value});
    for (const Word& word : document.kernel) rule(word.span, KernelRule{word.value});
    // Ids follow the order of writing, whatever the order of reading.
    std::stable_sort(rules_.begin(), rules_.end(), before);
    for (Rule& next : rules_) {
      out_.profile.rules.push_back(std::move(next));
      out_.layers.push_back(document.layer);
    }
  }

  void settings(const Settings& from) {
    ResolvedProfile& to = out_.profile;
    if (from.name) to.name = from.name->value;
    if (from.description) to.description = from.description->value;
    if (from.mode) to.mode = *from.mode;
    if (from.on_violation) to.on_violation = *from.on_violation;
    if (from.on_error) to.on_error = *from.on_error;
  }

  void attach(const AttachTable& from) {
    if (out_.attach.line == 0) out_.attach = from.span;
    for (const Text& text : from.exec) {
      const auto path = variables_.expand_pattern(text);
      if (!path || !check_pattern(text, *path, PatternUse::path, variables_, diagnostics_))
        continue;
      if (is_literal(*path)) {
        out_.profile.attach.exec.push_back(*path);
        continue;
      }
      diagnostics_.add(Code::GL206, "a program that attaches is one path, not a pattern")
          .at(text.span)
          .suggest("list each program by its own path");
    }
    for (const Text& text : from.unit) out_.profile.attach.unit.push_back(text.value);
    for (const Text& text : from.oci) out_.profile.attach.oci.push_back(text.value);
  }

  template <typename Body>
  void rule(diag::Span span, Body body) {
    Rule& made = rules_.emplace_back();
    made.span = span;
    made.body.template emplace<Body>(std::move(body));
  }

  void path(const Text& text, PathRule body, PatternUse use) {
    auto glob = variables_.expand_pattern(text);
    if (!glob || !check_pattern(text, *glob, use, variables_, diagnostics_)) return;
    body.glob = std::move(*glob);
    rule(text.span, std::move(body));
  }

  void file(const FileBlock& block) {
    for (const Text& text : block.paths) {
      path(text, PathRule{{}, block.access, block.owner, block.deny}, PatternUse::path);
    }
    for (const Word& ending : block.endings) {
      rule(ending.span, EndingRule{{static_cast<gl_ending>(ending.value)}, block.access});
    }
  }

  void capability(const Word& word, bool deny) {
    rule(word.span, CapabilityRule{static_cast<gl_capability>(word.value), deny});
  }

  // [[net]]: a rule for each protocol, for each Unix name, for each kind.
  void net(const NetBlock& block) {
    const auto addresses = targets(block);
    if (!addresses) return;
    std::vector<Protocol> protocols = block.protocols;
    const bool all = block.deny && protocols.empty() && block.unix_names.empty();
    if (all) {
      const diag::Span span = block.ops.empty() ? block.span : block.ops.front().span;
      for (const gl_socket kind : ip_kinds) protocols.push_back({kind, span, {}});
      deny_everything(block, *addresses, protocols);
    } else {
      for (const Protocol& protocol : protocols) {
        rule(protocol.span, NetRule{operations(block, protocol.kind),
                                    {protocol.kind},
                                    *addresses,
                                    protocol.ports,
                                    block.deny});
      }
    }
    unix_rules(block);
    for (const Word& kind : block.sockets) {
      rule(kind.span, SocketRule{{static_cast<gl_socket>(kind.value)}});
    }
  }

  // A deny that names no protocol is one rule for all of them; which operations
  // it means differs only in what datagrams add.
  void deny_everything(const NetBlock& block, const std::vector<Cidr>& addresses,
                       const std::vector<Protocol>& protocols) {
    NetRule body{operations(block, GL_SOCKET_UDP), {}, addresses, {}, true};
    for (const Protocol& protocol : protocols) body.sockets.push_back(protocol.kind);
    rule(protocols.front().span, std::move(body));
  }

  // A connected datagram socket and one that is given an address each time are
  // the same grant. A deny of either is a deny of both: what is refused to
  // sendto must not be had by connecting first.
  static std::vector<gl_net_op> operations(const NetBlock& block, gl_socket kind) {
    std::array<bool, GL_NET_OP_COUNT> on{};
    for (const Word& op : block.ops) on[op.value] = true;
    if (sends_without_connection(kind)) {
      on[GL_NET_SEND] = on[GL_NET_SEND] || on[GL_NET_CONNECT];
      on[GL_NET_CONNECT] = on[GL_NET_CONNECT] || (block.deny && on[GL_NET_SEND]);
    }
    std::vector<gl_net_op> out;
    for (const gl_net_op op : {GL_NET_BIND, GL_NET_CONNECT, GL_NET_SEND}) {
      if (on[op]) out.push_back(op);
    }
    return out;
  }

  // Nothing after an error. An empty list is every address.
  std::optional<std::vector<Cidr>> targets(const NetBlock& block) {
    std::vector<Cidr> out;
    bool every = !block.limited;
    bool good = true;
    for (const Text& text : block.to) {
      const auto values = variables_.expand_list(text);
      good = good && values.has_value();
      if (!values) continue;
      for (const std::string& value : *values) {
        const auto blocks = parse_address(value);
        if (!blocks) {
          diagnostics_.add(Code::GL212, blocks.error().what)
              .at(text.span)
              .suggest(blocks.error().help);
          good = false;
          continue;
        }
        every = every || blocks->empty();
        out.insert(out.end(), blocks->begin(), blocks->end());
      }
    }
    if (!good) return std::nullopt;
    if (every) out.clear();
    return out;
  }

  void unix_rules(const NetBlock& block) {
    if (block.unix_names.empty()) return;
    std::uint32_t access = 0;
    for (const Word& op : block.ops) {
      if (op.value == GL_NET_BIND) access |= GL_FILE_UNIX_BIND;
      if (op.value == GL_NET_CONNECT) access |= GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND;
      if (op.value == GL_NET_SEND) access |= GL_FILE_UNIX_SEND;
    }
    for (const Text& text : block.unix_names) {
      path(text, PathRule{{}, access, Owner::any, block.deny}, PatternUse::path_or_abstract);
    }
    // A name can't be had without a socket to have it with.
    if (!block.deny) rule(block.unix_span, SocketRule{{GL_SOCKET_UNIX}});
  }

  void process(const ProcessBlock& block) {
    for (const Text& peer : block.peers) {
      rule(peer.span, ProcessRule{peer.value, block.access, block.signals, block.deny});
    }
  }

  // The core goes through these one by one, in a loop of fixed length.
  void limit_processes() {
    std::size_t count = 0;
    const Rule* first_too_many = nullptr;
    for (const Rule& each : out_.profile.rules) {
      if (!std::holds_alternative<ProcessRule>(each.body)) continue;
      if (++count == GL_PEERS_MAX + 1) first_too_many = &each;
    }
    if (first_too_many == nullptr) return;
    diagnostics_
        .add(Code::GL217,
             fmt::format("{} rules about other tasks, with all that is included; at most {} are "
                         "possible",
                         count, GL_PEERS_MAX))
        .at(first_too_many->span, "the first one too many")
        .suggest("each peer of a [[process]] counts; write \"any\", or join blocks of one peer");
  }

  void number() {
    std::vector<Rule>& rules = out_.profile.rules;
    if (rules.size() > GL_RULES_MAX) {
      diagnostics_
          .add(Code::GL217,
               fmt::format("{} rules, with all that is included; at most {} are possible",
                           rules.size(), GL_RULES_MAX))
          .at(rules[GL_RULES_MAX].span, "the first one too many")
          .suggest("write patterns instead of single paths");
      rules.resize(GL_RULES_MAX);
      out_.layers.resize(GL_RULES_MAX);
    }
    for (std::size_t i = 0; i < rules.size(); ++i) rules[i].id = static_cast<RuleId>(i + 1);
  }

  diag::Diagnostics& diagnostics_;
  Variables variables_;
  std::vector<Rule> rules_;
  Resolved out_;
};

}  // namespace

Resolved resolve(const std::vector<Document>& documents, const diag::SourceSet& sources,
                 diag::Diagnostics& diagnostics) {
  return Resolver(sources, diagnostics).run(documents);
}

}  // namespace glacis::profile
