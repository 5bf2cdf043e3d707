// SPDX-License-Identifier: Apache-2.0
#include "manager/image/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manager/base/escape.h"
#include "manager/base/peer.h"
#include "manager/image/accepts.h"
#include "manager/image/comb.h"
#include "manager/image/describe.h"
#include "manager/image/layout.h"
#include "manager/image/minimise.h"
#include "manager/image/network.h"
#include "manager/image/pattern.h"
#include "manager/image/syscalls.h"

namespace glacis::image {
namespace {

using profile::Rule;

constexpr std::uint32_t kUnixAccess = GL_FILE_UNIX_BIND | GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND;

class Builder {
 public:
  Builder(const profile::ResolvedProfile& profile, const AutomatonLimits& limits)
      : profile_(profile), limits_(limits) {}

  Result<Image> run() {
    if (auto status = check_ids(); !status) return std::unexpected(status.error());
    for (const Rule& rule : profile_.rules) {
      const auto add = [&](const auto& body) { return this->add(rule, body); };
      if (auto status = std::visit(add, rule.body); !status) return std::unexpected(status.error());
    }
    if (auto status = build_paths(); !status) return std::unexpected(status.error());
    auto network = build_network(net_rules_);
    if (!network) return std::unexpected(network.error());
    parts_.network = std::move(*network);
    header().capabilities &= ~header().capabilities_denied;
    parts_.syscalls = encode(syscalls_of(profile_));
    parts_.attach = encode(profile_.attach);
    parts_.digests = encode(profile_.digests);
    if (profile_.on_violation == profile::OnViolation::kill) header().flags |= GL_IMAGE_KILL;
    header().flags |= profile_.kill_after << GL_IMAGE_KILL_AFTER_SHIFT;
    if (profile_.on_error == profile::OnError::allow) header().flags |= GL_IMAGE_ERROR_ALLOW;
    if (profile_.on_inherited == profile::OnInherited::report)
      header().flags |= GL_IMAGE_INHERIT_REPORT;
    if (profile_.on_evidence_failure != profile::OnEvidenceFailure::go_on)
      header().flags |= GL_IMAGE_EVIDENCE_DENY;
    if (profile_.on_evidence_failure == profile::OnEvidenceFailure::halt)
      header().flags |= GL_IMAGE_EVIDENCE_HALT;
    if (profile_.inherit_stdio) header().flags |= GL_IMAGE_INHERIT_STDIO;
    auto bytes = lay_out(parts_);
    if (!bytes) return std::unexpected(bytes.error());
    Image out{std::move(*bytes), {}, {}, stats_};
    out.digest = digest_of(out.bytes);
    out.source_map = make_source_map(profile_, out.digest);
    return out;
  }

 private:
  gl_image& header() { return parts_.header; }

  std::string place(const Rule& rule) const {
    if (rule.span.line == 0 || rule.span.file >= profile_.files.size())
      return fmt::format("rule {}", rule.id);
    return fmt::format("{}:{}:{}", profile_.files[rule.span.file], rule.span.line,
                       rule.span.column);
  }

  static std::string rule_text(const Rule& rule) {
    return escape(describe(rule.body), Backslash::keep);
  }

  std::unexpected<Error> refuse(const Rule& rule, std::string_view what) const {
    return fail(Exit::usage, fmt::format("{}: {}: {}", place(rule), rule_text(rule), what));
  }

  Status check_ids() {
    profile::RuleId last = 0;
    for (const Rule& rule : profile_.rules) {
      if (rule.id <= last)
        return fail(Exit::bug, fmt::format("rule ids are not ascending at {}", place(rule)));
      last = rule.id;
    }
    header().rules = last;
    return {};
  }

  Status add(const Rule& rule, const profile::PathRule& path) {
    if (path.access & GL_FILE_MARKS && (path.deny || path.owner != profile::Owner::any))
      return refuse(rule,
                    "who attaches, and whose content counts, depends on nothing but the path");
    if (path.deny && path.owner != profile::Owner::any)
      return refuse(rule, "a refusal cannot depend on the owner");
    auto patterns = expand(path.glob);
    if (!patterns)
      return refuse(rule, fmt::format("at byte {} of the pattern: {}", patterns.error().offset + 1,
                                      patterns.error().what));
    const auto tag = static_cast<std::uint32_t>(entries_.size());
    for (const Pattern& pattern : *patterns) {
      // Without a bound here, memory would be spent before the automaton's own.
      if (nfa_.nodes().size() > limits_.nodes || nfa_.sets().size() > limits_.sets + 256) break;
      nfa_.add(pattern, tag);
      ++stats_.patterns;
    }
    entries_.push_back({rule.id, &path});
    if (auto status = add_transition(rule, path); !status) return status;
    // A granted Unix socket address is of no use without the socket.
    if ((path.access & kUnixAccess) && !path.deny) grant_socket(rule, GL_SOCKET_UNIX);
    return {};
  }

  Status add_transition(const Rule& rule, const profile::PathRule& path) {
    const bool moves = path.access & GL_FILE_TRANSITION;
    if (path.deny) return {};
    if (moves != path.transition.has_value() || (moves && path.owner != profile::Owner::any))
      return refuse(rule, "an access and a transition that do not go together");
    if (!moves) return {};
    if (parts_.transitions.size() == GL_TRANSITIONS_MAX)
      return refuse(rule, fmt::format("an image holds at most {} transitions", GL_TRANSITIONS_MAX));
    const profile::Transition& to = *path.transition;
    const unsigned flags =
        (to.scrub ? GL_TRANSITION_SCRUB : 0) | (to.unsafe ? GL_TRANSITION_UNSAFE : 0);
    parts_.transitions.push_back(
        {to.to.empty() ? 0 : name_number(to.to), rule.id, static_cast<std::uint16_t>(flags), 0});
    return {};
  }

  Status add(const Rule& rule, const profile::EndingRule& ending) {
    for (const gl_ending which : ending.endings) {
      if (which <= GL_ENDING_ROOTED || which >= GL_ENDING_COUNT)
        return refuse(rule, "only objects that are not rooted are granted by their ending");
      if (ending.access & GL_FILE_TRANSITION)
        return refuse(rule, "only a path leads to another domain");
      gl_ending_grant& grant = header().endings[which];
      grant.allow |= ending.access & GL_FILE_ALL;
      if (grant.rule == 0 && grant.allow != 0) grant.rule = rule.id;
    }
    return {};
  }

  Status add(const Rule& rule, const profile::NetRule& net) {
    for (const profile::Cidr& cidr : net.addresses)
      if (cidr.prefix > (cidr.v6 ? 128u : 32u)) return refuse(rule, "the prefix is too long");
    for (const profile::PortRange& range : net.ports)
      if (range.first > range.last) return refuse(rule, "a port range that ends before it begins");
    net_rules_.push_back({rule.id, &net});
    if (net.deny) {
      if (std::ranges::find(net.ops, GL_NET_CREATE) != net.ops.end())
        return refuse(rule, "creating a socket is refused by not granting it");
      return {};
    }
    return grant_sockets(rule, net.sockets);
  }

  Status add(const Rule& rule, const profile::SocketRule& sockets) {
    return grant_sockets(rule, sockets.sockets);
  }

  Status add(const Rule& rule, const profile::CapabilityRule& grant) {
    if (grant.capability < 0 || grant.capability >= GL_CAP_COUNT)
      return refuse(rule, "no such capability");
    const std::uint64_t bit = 1ull << grant.capability;
    std::uint16_t& named = header().capability_rules[grant.capability];
    __u64& mask = grant.deny ? header().capabilities_denied : header().capabilities;
    // The first rule is named, and a refusal takes the place of a grant.
    if (named == 0 || (grant.deny && !(mask & bit))) named = rule.id;
    mask |= bit;
    return {};
  }

  Status add(const Rule& rule, const profile::MemoryRule& memory) {
    grant_bits(rule, memory.access & GL_MEMORY_ALL, header().memory, header().memory_rules);
    return {};
  }

  Status add(const Rule& rule, const profile::KernelRule& kernel) {
    grant_bits(rule, kernel.access & GL_KERNEL_ALL, header().kernel, header().kernel_rules);
    return {};
  }

  Status add(const Rule& rule, const profile::ProcessRule& process) {
    const bool signals = process.access & GL_TASK_SIGNAL;
    if (process.access == 0 || (process.access & ~std::uint32_t{GL_TASK_ALL}) ||
        signals != (process.signals != 0))
      return refuse(rule, "accesses and signals that do not go together");
    if (parts_.peers.size() == GL_PEERS_MAX)
      return refuse(rule,
                    fmt::format("an image holds at most {} rules about other tasks", GL_PEERS_MAX));
    parts_.peers.push_back({peer_number(process.peer), process.signals, process.access, rule.id,
                            static_cast<std::uint16_t>(process.deny)});
    return {};
  }

  // As a whole: run().
  static Status add(const Rule&, const profile::SyscallRule&) { return {}; }

  static void grant_bits(const Rule& rule, std::uint32_t bits, std::uint32_t& mask,
                         std::uint16_t (&rules)[32]) {
    for (unsigned bit = 0; bit < 32; ++bit)
      if ((bits >> bit & 1) && rules[bit] == 0) rules[bit] = rule.id;
    mask |= bits;
  }

  void grant_socket(const Rule& rule, unsigned kind) {
    if (header().socket_rules[kind] == 0) header().socket_rules[kind] = rule.id;
    header().sockets |= 1ull << kind;
  }

  Status grant_sockets(const Rule& rule, const std::vector<gl_socket>& sockets) {
    for (const gl_socket kind : sockets) {
      if (kind <= GL_SOCKET_NONE || kind >= GL_SOCKET_COUNT)
        return refuse(rule, "no such kind of socket");
      grant_socket(rule, kind);
    }
    return {};
  }

  Status build_paths() {
    AcceptTable accepts(entries_);
    stats_.nodes = nfa_.nodes().size();
    auto dfa = determinise(
        nfa_, [&](auto tags) { return accepts.number(tags); },
        [&](auto tag, auto other) { return accepts.covers(tag, other); }, limits_);
    if (!dfa) return multiplied(dfa.error());
    stats_.raw_states = dfa->states();
    Dfa smallest = minimise(*dfa);
    parts_.accepts = accepts.emit(smallest.accept);
    stats_.states = smallest.states();
    stats_.transitions = smallest.edges.size();
    stats_.classes = smallest.class_count;
    auto comb = pack(smallest);
    if (!comb) return std::unexpected(comb.error());
    parts_.comb = std::move(*comb);
    return {};
  }

  std::unexpected<Error> multiplied(const AutomatonError& error) const {
    std::string what =
        fmt::format("the path patterns multiply: together they need {}", error.bound);
    for (std::size_t i = 0; i < error.tags.size(); ++i) {
      const auto at =
          std::ranges::lower_bound(profile_.rules, entries_[error.tags[i]].rule, {}, &Rule::id);
      what +=
          fmt::format("{}{}: {}", i == 0 ? "; most of it for " : ", ", place(*at), rule_text(*at));
    }
    return fail(Exit::usage, std::move(what),
                "use fewer `**` in front of long names, or fewer `?` and brackets after a `**`");
  }

  const profile::ResolvedProfile& profile_;
  const AutomatonLimits& limits_;
  Parts parts_;
  BuildStats stats_;
  Nfa nfa_;
  std::vector<AcceptTable::Entry> entries_;  // by tag
  std::vector<NetEntry> net_rules_;
};

}  // namespace

Result<Image> build(const profile::ResolvedProfile& profile, const AutomatonLimits& limits) {
  return Builder(profile, limits).run();
}

}  // namespace glacis::image
