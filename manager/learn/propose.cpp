// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/propose.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "manager/base/signals.h"
#include "manager/learn/addresses.h"
#include "manager/learn/matcher.h"
#include "manager/learn/shape.h"
#include "manager/sim/event.h"

namespace glacis::learn {
namespace {

// An abstraction must take the place of so many behaviours.
constexpr std::size_t kFoldFrom = 3;

constexpr std::uint32_t kRunning = GL_FILE_EXECUTE | GL_FILE_MAP_EXEC | GL_FILE_READ;

bool is_network(const sim::Request& request) {
  if (const auto* file = std::get_if<sim::FileRequest>(&request))
    return (file->access & GL_FILE_UNIX) != 0;
  return std::holds_alternative<sim::NetRequest>(request) ||
         std::holds_alternative<sim::SocketRequest>(request);
}

bool is_network(const profile::RuleBody& body) {
  if (const auto* path = std::get_if<profile::PathRule>(&body))
    return (path->access & GL_FILE_UNIX) != 0;
  return std::holds_alternative<profile::NetRule>(body) ||
         std::holds_alternative<profile::SocketRule>(body);
}

class Proposer {
 public:
  Proposer(const Recording& recording, const Given& given, const Tree& tree)
      : recording_(recording), given_(given), tree_(tree) {}

  Result<Proposal> run() {
    if (auto done = set_aside(); !done) return std::unexpected(done.error());
    if (auto done = fold(); !done) return std::unexpected(done.error());
    rules();
    return std::move(out_);
  }

  // Of all that was recorded, whatever the profile says and however it looks.
  Proposal all() {
    for (std::size_t i = 0; i < recording_.behaviours.size(); ++i) open_.push_back(i);
    rules();
    return std::move(out_);
  }

 private:
  void rules() {
    paths();
    endings();
    nets();
    sockets();
    words();
    tasks();
  }

  // What needs no rule, and what must not get one.
  Status set_aside() {
    auto suspicions = Suspicions::make();
    if (!suspicions) return std::unexpected(suspicions.error());
    std::optional<Matcher> own;
    if (given_.profile != nullptr) {
      auto matcher = Matcher::of(*given_.profile);
      if (!matcher) return std::unexpected(matcher.error());
      own = std::move(*matcher);
    }
    for (std::size_t i = 0; i < recording_.behaviours.size(); ++i) {
      const Behaviour& behaviour = recording_.behaviours[i];
      out_.work.steps += 1;
      const gl_verdict verdict =
          own ? own->decide(behaviour.request) : gl_verdict{GL_DENY, 0, 0, 0};
      if (verdict.decision == GL_ALLOW) {
        ++out_.granted;
      } else if (verdict.reason == GL_REASON_RULE) {
        out_.denied.push_back(i);
      } else if (const Pattern* pattern = suspicions->of(behaviour)) {
        out_.suspects.push_back({i, pattern});
      } else {
        open_.push_back(i);
      }
    }
    return {};
  }

  // Greedy: the abstraction that covers the most, then the others for the rest.
  Status fold() {
    for (const Abstraction& one : given_.abstractions) {
      auto matcher = Matcher::of(one.rules);
      if (!matcher) return std::unexpected(matcher.error());
      std::vector<std::size_t> covered, rest;
      std::set<std::uint32_t> used;
      bool network = false;
      for (const std::size_t i : open_) {
        out_.work.steps += 1;
        const gl_verdict verdict = matcher->decide(recording_.behaviours[i].request);
        const bool allowed = verdict.decision == GL_ALLOW;
        (allowed ? covered : rest).push_back(i);
        if (!allowed) continue;
        used.insert(verdict.rule);
        network = network || is_network(recording_.behaviours[i].request);
      }
      const bool grants_network = std::ranges::any_of(
          one.rules.rules, [](const profile::Rule& rule) { return is_network(rule.body); });
      if (covered.size() < kFoldFrom || (grants_network && !network)) continue;
      used.erase(0);
      out_.folds.push_back(
          {one.name, evidence_of(recording_, covered), used.size(), one.rules.rules.size()});
      open_ = std::move(rest);
    }
    return {};
  }

  template <typename Request>
  std::vector<std::pair<std::size_t, const Request*>> requests() const {
    std::vector<std::pair<std::size_t, const Request*>> out;
    for (const std::size_t i : open_)
      if (const auto* one = std::get_if<Request>(&recording_.behaviours[i].request))
        out.emplace_back(i, one);
    return out;
  }

  void add(profile::RuleBody body, std::vector<std::size_t> from, std::string why = {}) {
    Item item;
    item.body = std::move(body);
    item.evidence = evidence_of(recording_, from);
    item.why = std::move(why);
    item.from = std::move(from);
    out_.items.push_back(std::move(item));
  }

  struct OnPath {
    std::uint32_t access = 0;
    std::vector<std::size_t> from;
    bool own = true;  // see SeenPath
  };

  void paths() {
    std::map<std::string, OnPath> by_path;
    for (const auto& [i, file] : requests<sim::FileRequest>()) {
      if (file->ending != GL_ENDING_ROOTED) continue;
      OnPath& on = by_path[file->path];
      on.access |= file->access;
      on.own = on.own && file->owner == GL_OWNER_SELF;
      on.from.push_back(i);
    }
    for (const auto& [i, exec] : requests<sim::ExecRequest>()) {
      OnPath& on = by_path[exec->path];
      on.access |= GL_FILE_EXECUTE;
      on.own = false;
      on.from.push_back(i);
    }
    for (const auto& [path, on] : by_path) paths_seen_.emplace(path);
    std::vector<std::vector<std::size_t>> behaviours;
    std::vector<SeenPath> seen;
    for (auto& [path, on] : by_path) {
      std::uint32_t access = on.access;
      // Which scripts an interpreter ran is not in its record: it is a program like others.
      if (access & (GL_FILE_EXECUTE | GL_FILE_INTERPRET)) {
        add(profile::PathRule{glob_quoted(path), kRunning}, on.from);
        access &= ~(kRunning | GL_FILE_INTERPRET);
      }
      SeenPath one{path, access, {}, on.own};
      for (const std::size_t i : on.from)
        for (const Sighting& sighting : recording_.behaviours[i].seen)
          one.runs.insert(sighting.run);
      seen.push_back(std::move(one));
      behaviours.push_back(on.from);
    }
    for (PathGroup& group : generalise(seen, given_.settings, out_.work))
      path_items(group, seen, behaviours);
  }

  static profile::Owner owner_of(const PathGroup& group) {
    return group.own ? profile::Owner::self : profile::Owner::any;
  }

  // Sockets are granted apart from the accesses to their files.
  void path_items(PathGroup& group, const std::vector<SeenPath>& seen,
                  const std::vector<std::vector<std::size_t>>& behaviours) {
    std::vector<std::size_t> from;
    for (const std::size_t i : group.from)
      from.insert(from.end(), behaviours[i].begin(), behaviours[i].end());
    for (const std::uint32_t part : {group.access & ~GL_FILE_UNIX, group.access & GL_FILE_UNIX}) {
      if (part == 0) continue;
      std::vector<std::size_t> of_part;
      for (const std::size_t i : from) {
        const auto* file = std::get_if<sim::FileRequest>(&recording_.behaviours[i].request);
        if (file != nullptr && (file->access & part) != 0) of_part.push_back(i);
      }
      add(profile::PathRule{group.glob, part, owner_of(group)}, std::move(of_part), group.why);
      if (group.why.empty()) continue;
      Item& item = out_.items.back();
      for (const std::size_t i : group.from) {
        if (item.samples.size() == most_samples) break;
        item.samples.push_back(seen[i].path);
      }
      item.beyond = measure(group.glob, paths_seen_, tree_);
    }
  }

  void endings() {
    std::map<gl_ending, OnPath> by_ending;
    for (const auto& [i, file] : requests<sim::FileRequest>()) {
      if (file->ending == GL_ENDING_ROOTED) continue;
      by_ending[file->ending].access |= file->access;
      by_ending[file->ending].from.push_back(i);
    }
    for (auto& [ending, on] : by_ending)
      add(profile::EndingRule{{ending}, on.access}, std::move(on.from));
  }

  void nets() {
    std::vector<SeenEndpoint> seen;
    for (const auto& [i, net] : requests<sim::NetRequest>()) {
      if (net->port == 0 && net->op != GL_NET_BIND && net->kind != GL_SOCKET_RAW &&
          net->kind != GL_SOCKET_PING) {
        out_.impossible.push_back(i);
        continue;
      }
      seen.push_back({*net, i});
      kinds_.insert(net->kind);
    }
    for (NetGroup& group : group_endpoints(seen))
      add(std::move(group.rule), std::move(group.from), std::move(group.why));
  }

  // A rule about addresses grants the socket too.
  void sockets() {
    for (const auto& [i, socket] : requests<sim::SocketRequest>())
      if (!kinds_.contains(socket->kind)) add(profile::SocketRule{{socket->kind}}, {i});
  }

  void words() {
    for (const auto& [i, one] : requests<sim::CapabilityRequest>())
      merge_word(profile::CapabilityRule{one->capability}, i);
    for (const auto& [i, one] : requests<sim::MemoryRequest>())
      merge_word(profile::MemoryRule{one->access}, i);
    for (const auto& [i, one] : requests<sim::KernelRequest>())
      merge_word(profile::KernelRule{one->access}, i);
  }

  // Of several executables it is one rule.
  template <typename Rule>
  void merge_word(const Rule& rule, std::size_t behaviour) {
    for (Item& item : out_.items) {
      const auto* known = std::get_if<Rule>(&item.body);
      if (known == nullptr || !same(*known, rule)) continue;
      item.from.push_back(behaviour);
      item.evidence = evidence_of(recording_, item.from);
      return;
    }
    add(rule, {behaviour});
  }

  static bool same(const profile::CapabilityRule& a, const profile::CapabilityRule& b) {
    return a.capability == b.capability;
  }
  static bool same(const profile::MemoryRule& a, const profile::MemoryRule& b) {
    return a.access == b.access;
  }
  static bool same(const profile::KernelRule& a, const profile::KernelRule& b) {
    return a.access == b.access;
  }

  void tasks() {
    struct OnPeer {
      std::uint32_t access = 0;
      std::uint64_t signals = 0;
      std::vector<std::size_t> from;
    };
    std::map<std::string, OnPeer> by_peer;
    for (const auto& [i, task] : requests<sim::TaskRequest>()) {
      OnPeer& on = by_peer[task->peer];
      on.access |= task->access;
      if (task->signal != 0) on.signals |= signal_bit(task->signal);
      on.from.push_back(i);
    }
    for (auto& [peer, on] : by_peer)
      add(profile::ProcessRule{peer, on.access, on.signals}, std::move(on.from));
  }

  const Recording& recording_;
  const Given& given_;
  const Tree& tree_;
  std::vector<std::size_t> open_;  // behaviours that nothing grants yet
  std::unordered_set<std::string> paths_seen_;
  std::set<gl_socket> kinds_;
  Proposal out_;
};

}  // namespace

Result<Proposal> propose(const Recording& recording, const Given& given, const Tree& tree) {
  return Proposer(recording, given, tree).run();
}

Evidence evidence_of(const Recording& recording, const std::vector<std::size_t>& behaviours) {
  Evidence out;
  std::set<std::size_t> runs;
  for (const std::size_t i : behaviours) {
    const Behaviour& one = recording.behaviours[i];
    out.count += count_of(one);
    out.first = out.behaviours == 0 ? first_seen(one) : std::min(out.first, first_seen(one));
    out.last = std::max(out.last, last_seen(one));
    out.behaviours += 1;
    for (const Sighting& sighting : one.seen) runs.insert(sighting.run);
  }
  out.runs = runs.size();
  return out;
}

Recording folded(const Recording& recording, const Settings& settings) {
  const auto path_of = [](const sim::Request& request) -> const sim::FileRequest* {
    const auto* file = std::get_if<sim::FileRequest>(&request);
    return file != nullptr && file->ending == GL_ENDING_ROOTED ? file : nullptr;
  };
  std::map<std::string, std::size_t> at;
  std::vector<SeenPath> seen;
  for (const Behaviour& one : recording.behaviours) {
    const sim::FileRequest* file = path_of(one.request);
    if (file == nullptr) continue;
    const auto [found, fresh] = at.emplace(file->path, seen.size());
    if (fresh) seen.push_back({file->path, 0, {}, true});
    seen[found->second].access |= file->access;
    seen[found->second].own &= file->owner == GL_OWNER_SELF;
    for (const Sighting& sighting : one.seen) seen[found->second].runs.insert(sighting.run);
  }
  Work work;
  std::vector<std::string> globs(seen.size());
  for (const PathGroup& group : generalise(seen, settings, work))
    for (const std::size_t i : group.from) globs[i] = group.glob;
  Recording out{recording.name, recording.runs, {}};
  std::unordered_map<std::string, std::size_t> known;
  for (Behaviour one : recording.behaviours) {
    if (auto* file = std::get_if<sim::FileRequest>(&one.request); path_of(one.request) != nullptr)
      file->path = globs[at.at(file->path)];
    const auto [found, fresh] =
        known.emplace(sim::to_text(one.request) + '\0' + one.exe, out.behaviours.size());
    if (fresh) {
      out.behaviours.push_back(std::move(one));
      continue;
    }
    std::vector<Sighting>& into = out.behaviours[found->second].seen;
    for (const Sighting& sighting : one.seen) {
      const auto same = std::ranges::find(into, sighting.run, &Sighting::run);
      if (same == into.end()) {
        into.push_back(sighting);
        continue;
      }
      same->count += sighting.count;
      same->first = std::min(same->first, sighting.first);
      same->last = std::max(same->last, sighting.last);
    }
  }
  return out;
}

std::vector<Item> grants(const Recording& recording) {
  class NoTree : public Tree {
   public:
    std::vector<Entry> list(const std::string&) const override { return {}; }
  };
  const NoTree tree;
  const Given given;
  std::vector<Item> out;
  const Proposal all = Proposer(recording, given, tree).all();
  for (const Item& item : all.items) {
    if (item.why.empty()) {
      out.push_back(item);
      continue;
    }
    for (Item& one : literally(recording, item)) out.push_back(std::move(one));
  }
  return out;
}

std::vector<Item> literally(const Recording& recording, const Item& item) {
  const auto* rule = std::get_if<profile::PathRule>(&item.body);
  std::vector<Item> out;
  std::map<std::string, std::pair<std::uint32_t, std::vector<std::size_t>>> by_path;
  std::vector<SeenEndpoint> endpoints;
  for (const std::size_t i : item.from) {
    if (const auto* file = std::get_if<sim::FileRequest>(&recording.behaviours[i].request)) {
      auto& [access, from] = by_path[file->path];
      access |= file->access & (rule != nullptr ? rule->access : 0);
      from.push_back(i);
    } else if (const auto* net = std::get_if<sim::NetRequest>(&recording.behaviours[i].request)) {
      endpoints.push_back({*net, i});
    }
  }
  for (auto& [path, on] : by_path)
    out.push_back({profile::PathRule{glob_quoted(path), on.first},
                   evidence_of(recording, on.second),
                   {},
                   {},
                   {},
                   on.second});
  for (const SeenEndpoint& one : endpoints)
    for (NetGroup& group : group_endpoints({one}))
      out.push_back(
          {std::move(group.rule), evidence_of(recording, group.from), {}, {}, {}, group.from});
  return out.empty() ? std::vector<Item>{item} : out;
}

}  // namespace glacis::learn
