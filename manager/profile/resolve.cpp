// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lsm/abi/attach.h"
#include "lsm/abi/image.h"
#include "manager/profile/address.h"
#include "manager/profile/glob.h"
#include "manager/profile/pattern_check.h"
#include "manager/profile/syscalls.h"
#include "manager/profile/variables.h"

namespace glacis::profile {
namespace {

using diag::Code;

constexpr std::array ip_kinds = {GL_SOCKET_TCP, GL_SOCKET_UDP,  GL_SOCKET_UDPLITE, GL_SOCKET_PING,
                                 GL_SOCKET_RAW, GL_SOCKET_SCTP, GL_SOCKET_DCCP,    GL_SOCKET_MPTCP};

// What a program needs that may be executed.
constexpr std::uint32_t running = GL_FILE_EXECUTE | GL_FILE_MAP_EXEC | GL_FILE_READ;
constexpr std::uint32_t interpreting = GL_FILE_INTERPRET | GL_FILE_MAP_EXEC | GL_FILE_READ;

// What may be executed by its name may be executed for a script; a deny likewise.
std::uint32_t with_implied(std::uint32_t access) {
  return access & GL_FILE_EXECUTE ? access | GL_FILE_INTERPRET : access;
}

// What a program needs that enters the domain, whether or not it may be executed there.
constexpr std::uint32_t entering = GL_FILE_ATTACH | GL_FILE_MAP_EXEC | GL_FILE_READ;

// Of systemd, from version 254 on.
constexpr std::string_view executor = "/usr/lib/systemd/systemd-executor";

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
    limit_lists();
    number();
    return std::move(out_);
  }

 private:
  void add(const Document& document) {
    settings(document.settings);
    if (document.inherit_stdio) out_.profile.inherit_stdio = true;
    for (const BenignBlock& block : document.benign) benign(block);
    rules_.clear();
    attach(document.attach);
    for (const Text& text : document.exec) {
      path(text, PathRule{{}, running, Owner::any, false}, PatternUse::path);
    }
    for (const TransitionBlock& block : document.transitions) transition(block);
    for (const ScriptBlock& block : document.scripts) script(block);
    for (const DigestBlock& block : document.digests) digest(block);
    for (const FileBlock& block : document.files) file(block);
    for (const NetBlock& block : document.nets) net(block);
    for (const ProcessBlock& block : document.processes) process(block);
    for (const Word& word : document.capabilities.allow) capability(word, false);
    for (const Word& word : document.capabilities.deny) capability(word, true);
    for (const Word& word : document.memory) rule(word.span, MemoryRule{word.value});
    for (const Word& word : document.kernel) rule(word.span, KernelRule{word.value});
    for (const SyscallBlock& block : document.syscalls) syscalls(block);
    if (document.syscalls_compat) out_.profile.syscalls_compat = *document.syscalls_compat;
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
    if (from.kill_after) to.kill_after = *from.kill_after;
    if (from.on_error) to.on_error = *from.on_error;
    if (from.on_inherited) to.on_inherited = *from.on_inherited;
    if (from.backend) to.backend = *from.backend;
    if (from.on_evidence_failure) to.on_evidence_failure = *from.on_evidence_failure;
    if (from.owner) to.contact.owner = from.owner->value;
    if (from.severity) to.contact.severity = *from.severity;
    if (from.runbook) to.contact.runbook = from.runbook->value;
  }

  void benign(const BenignBlock& block) {
    Benign made = block.benign;
    for (const Text& text : block.paths) {
      auto glob = variables_.expand_pattern(text);
      // Without its paths the entry would match more than was meant.
      if (!glob || !check_pattern(text, *glob, PatternUse::path, variables_, diagnostics_)) return;
      made.globs.push_back(std::move(*glob));
    }
    out_.profile.benign.push_back(std::move(made));
  }

  void attach(const AttachTable& from) {
    Attachments& to = out_.profile.attach;
    if (out_.attach_oci.line == 0) out_.attach_oci = from.oci_span;
    program(from.exec, entering, to.exec);
    program(from.inside, entering, to.inside);
    program(from.outside, GL_FILE_OUTSIDE, to.outside);
    for (const Text& text : from.unit) to.unit.push_back(text.value);
    for (const Text& text : from.user) to.user.push_back(text.value);
    for (const Text& text : from.oci) to.oci.push_back(text.value);
    // It sets a unit up, and then becomes the unit's command.
    if (from.unit.empty() && from.user.empty()) return;
    const Text& first = from.unit.empty() ? from.user.front() : from.unit.front();
    to.outside.emplace_back(executor);
    rule(first.span, PathRule{std::string(executor), GL_FILE_OUTSIDE});
  }

  // A program of [attach]: its path is looked up by its last name.
  void program(const std::vector<Text>& texts, std::uint32_t access, std::vector<std::string>& to) {
    for (const Text& text : texts) {
      const auto path = variables_.expand_pattern(text);
      if (!path || !check_pattern(text, *path, PatternUse::path, variables_, diagnostics_))
        continue;
      if (!is_literal(*path)) {
        diagnostics_.add(Code::GL206, "a program that attaches is one path, not a pattern")
            .at(text.span)
            .suggest("list each program by its own path");
      } else if (path->size() - path->rfind('/') - 1 > GL_ATTACH_NAME_MAX) {
        diagnostics_
            .add(Code::GL207, fmt::format("a program that attaches has a name of at most {} bytes",
                                          GL_ATTACH_NAME_MAX))
            .at(text.span);
      } else {
        to.push_back(*path);
        rule(text.span, PathRule{*path, access});
      }
    }
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
    body.access = with_implied(body.access);
    rule(text.span, std::move(body));
  }

  void file(const FileBlock& block) {
    for (const Text& text : block.paths) {
      path(text, PathRule{{}, block.access, block.owner, block.deny}, PatternUse::path);
    }
    for (const Word& ending : block.endings) {
      rule(ending.span,
           EndingRule{{static_cast<gl_ending>(ending.value)}, with_implied(block.access)});
    }
  }

  // The script is read by its interpreter, and never mapped.
  void script(const ScriptBlock& block) {
    for (const Text& text : block.paths)
      path(text, PathRule{{}, GL_FILE_EXECUTE | GL_FILE_READ, Owner::any, false}, PatternUse::path);
    for (const Text& text : block.interpreters)
      path(text, PathRule{{}, interpreting, Owner::any, false}, PatternUse::path);
  }

  // A mark, and no grant: whatever else grants to run or to map the file grants it so.
  void digest(const DigestBlock& block) {
    for (const Text& text : block.paths) {
      const auto path = variables_.expand_pattern(text);
      if (!path || !check_pattern(text, *path, PatternUse::path, variables_, diagnostics_))
        continue;
      if (!is_literal(*path)) {
        diagnostics_.add(Code::GL206, "a file whose content is named is one path, not a pattern")
            .at(text.span)
            .suggest("list each file by its own path");
        continue;
      }
      for (const std::string& sha256 : block.sha256)
        out_.profile.digests.push_back({*path, sha256});
      rule(text.span, PathRule{*path, GL_FILE_DIGEST});
    }
  }

  // What is run in another domain is neither read nor mapped in this one.
  void transition(const TransitionBlock& block) {
    const std::uint32_t access =
        GL_FILE_TRANSITION | (block.transition.to.empty() ? running : std::uint32_t{0});
    for (const Text& text : block.paths) {
      path(text, PathRule{{}, access, Owner::any, false, block.transition}, PatternUse::path);
    }
  }

  void capability(const Word& word, bool deny) {
    rule(word.span, CapabilityRule{static_cast<gl_capability>(word.value), deny});
  }

  // [[net]]: a rule for each protocol, for each Unix name and peer, for each kind.
  void net(const NetBlock& block) {
    const auto addresses = targets(block);
    if (!addresses) return;
    std::vector<Protocol> protocols = block.protocols;
    const bool all =
        block.deny && protocols.empty() && block.unix_names.empty() && block.peers.empty();
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
    for (const Text& peer : block.peers) {
      rule(peer.span, ProcessRule{peer.value, GL_TASK_CONNECT, 0, block.deny});
      if (!block.deny) rule(peer.span, SocketRule{{GL_SOCKET_UNIX}});
    }
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

  // A rule for each name or group, so that each has its place.
  void syscalls(const SyscallBlock& block) {
    for (const Text& text : block.calls) {
      const SyscallGroup* group = find_syscall_group(text.value);
      SyscallRule body{block.action, {text.value}, block.args, {}};
      if (group != nullptr) {
        body.calls = group->calls;
        body.group = group->name;
      }
      rule(text.span, std::move(body));
    }
  }

  // The core goes through some sorts of rule one by one, in a loop of fixed length.
  template <typename Counts>
  void limit(std::size_t most, std::string_view what, std::string_view help, Counts counts) {
    std::size_t count = 0;
    const Rule* first_too_many = nullptr;
    for (const Rule& each : out_.profile.rules) {
      if (!counts(each)) continue;
      if (++count == most + 1) first_too_many = &each;
    }
    if (first_too_many == nullptr) return;
    diagnostics_
        .add(Code::GL217, fmt::format("{} {}, with all that is included; at most {} are possible",
                                      count, what, most))
        .at(first_too_many->span, "the first one too many")
        .suggest(std::string(help));
  }

  void limit_lists() {
    limit(GL_PEERS_MAX, "rules about other tasks",
          "each peer of a [[process]] counts; write \"any\", or join blocks of one peer",
          [](const Rule& rule) { return std::holds_alternative<ProcessRule>(rule.body); });
    limit(GL_TRANSITIONS_MAX, "transitions",
          "each path of an [[exec.transition]] counts; write a pattern for several",
          [](const Rule& rule) {
            const auto* path = std::get_if<PathRule>(&rule.body);
            return path != nullptr && path->transition;
          });
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
