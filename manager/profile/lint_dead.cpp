// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "manager/base/escape.h"
#include "manager/profile/lint.h"
#include "manager/profile/words.h"

namespace glacis::profile {
namespace {

using diag::Code;

struct Place {
  Layer layer = Layer::profile;
  std::uint32_t file = 0;
};

// A deny that narrows what a broader layer grants is what denies are for: the
// profile may take back what an abstraction gave. The reverse is a mistake, and
// so are both in one file.
bool contradict(const Place& allow, const Place& deny) {
  return allow.file == deny.file || allow.layer > deny.layer;
}

void report_dead(const Rule& allow, const Rule& deny, std::string_view what,
                 diag::Diagnostics& diagnostics) {
  diagnostics.add(Code::GL204, "this rule can never take effect")
      .at(allow.span, "allowed here")
      .also(deny.span, fmt::format("refuses {}", what))
      .suggest(allow.span.file == deny.span.file
                   ? fmt::format("narrow the deny on line {}, or delete this rule", deny.span.line)
                   : "narrow the deny, or delete this rule");
}

// Denies by their literal beginning. A deny can only cover a grant whose own
// beginning starts with the deny's, so each grant looks at few of them.
class DenyIndex {
 public:
  void add(PathPattern& deny) {
    by_prefix_[deny.prefix].push_back(&deny);
    lengths_.insert(deny.prefix.size());
  }

  template <typename Visit>
  void below(const std::string& prefix, Visit visit) const {
    for (const std::size_t length : lengths_) {
      if (length > prefix.size()) return;
      const auto found = by_prefix_.find(prefix.substr(0, length));
      if (found == by_prefix_.end()) continue;
      for (PathPattern* deny : found->second) {
        if (visit(*deny)) return;
      }
    }
  }

 private:
  std::unordered_map<std::string, std::vector<PathPattern*>> by_prefix_;
  std::set<std::size_t> lengths_;
};

Place place(const PathPattern& pattern) { return {pattern.layer, pattern.rule->span.file}; }

std::string_view what_it_refuses(const PathRule& deny) {
  return deny.glob.ends_with("/**") ? "every path below" : "it";
}

void dead_paths(Patterns& patterns, diag::Diagnostics& diagnostics) {
  DenyIndex denies;
  for (PathPattern& pattern : patterns.all()) {
    if (pattern.path->deny) denies.add(pattern);
  }
  for (PathPattern& allow : patterns.all()) {
    if (allow.path->deny) continue;
    denies.below(allow.prefix, [&](PathPattern& deny) {
      const bool dead = (allow.path->access & ~deny.path->access) == 0 &&
                        contradict(place(allow), place(deny)) && patterns.covers(deny, allow);
      if (dead) report_dead(*allow.rule, *deny.rule, what_it_refuses(*deny.path), diagnostics);
      return dead || patterns.cut_short();
    });
  }
}

void dead_capabilities(const Resolved& resolved, diag::Diagnostics& diagnostics) {
  const std::vector<Rule>& rules = resolved.profile.rules;
  std::map<gl_capability, std::size_t> denies;
  const auto body = [&](std::size_t i) { return std::get_if<CapabilityRule>(&rules[i].body); };
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (body(i) != nullptr && body(i)->deny) denies.emplace(body(i)->capability, i);
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (body(i) == nullptr || body(i)->deny) continue;
    const auto deny = denies.find(body(i)->capability);
    if (deny == denies.end()) continue;
    const Place allowed{resolved.layers[i], rules[i].span.file};
    const Place denied{resolved.layers[deny->second], rules[deny->second].span.file};
    if (contradict(allowed, denied)) report_dead(rules[i], rules[deny->second], "it", diagnostics);
  }
}

bool covers(const ProcessRule& outer, const ProcessRule& inner) {
  return (outer.peer == "any" || outer.peer == inner.peer) && (inner.access & ~outer.access) == 0 &&
         (inner.signals & ~outer.signals) == 0;
}

// There are at most GL_PEERS_MAX of them.
void dead_processes(const Resolved& resolved, diag::Diagnostics& diagnostics) {
  const std::vector<Rule>& rules = resolved.profile.rules;
  std::vector<std::size_t> grants, denies;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (const auto* process = std::get_if<ProcessRule>(&rules[i].body))
      (process->deny ? denies : grants).push_back(i);
  }
  const auto body = [&](std::size_t i) -> const ProcessRule& {
    return std::get<ProcessRule>(rules[i].body);
  };
  const auto at = [&](std::size_t i) { return Place{resolved.layers[i], rules[i].span.file}; };
  for (const std::size_t allow : grants) {
    const auto dead = std::find_if(denies.begin(), denies.end(), [&](std::size_t deny) {
      return covers(body(deny), body(allow)) && contradict(at(allow), at(deny));
    });
    if (dead != denies.end()) report_dead(rules[allow], rules[*dead], "it", diagnostics);
  }
}

void report_twice(const Rule& again, const Rule& first, diag::Diagnostics& diagnostics) {
  diagnostics.add(Code::GL205, "this rule is written twice")
      .at(again.span, "again here")
      .also(first.span, "first here")
      .suggest("delete one of them");
}

void processes_twice(const Resolved& resolved, diag::Diagnostics& diagnostics) {
  const std::vector<Rule>& rules = resolved.profile.rules;
  std::map<std::tuple<std::string_view, std::uint32_t, std::uint64_t, bool>, const Rule*> seen;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto* process = std::get_if<ProcessRule>(&rules[i].body);
    if (process == nullptr) continue;
    const auto [first, fresh] =
        seen.emplace(std::tuple(std::string_view(process->peer), process->access, process->signals,
                                process->deny),
                     &rules[i]);
    if (fresh || resolved.layers[i] == Layer::abstraction) continue;
    report_twice(rules[i], *first->second, diagnostics);
  }
}

// Abstractions overlap, and that is fine; a person's own text should not. A path
// written for another access as well is no repetition.
void twice(Patterns& patterns, diag::Diagnostics& diagnostics) {
  struct Hash {
    std::size_t operator()(const std::pair<std::string_view, std::uint32_t>& key) const {
      return std::hash<std::string_view>()(key.first) ^ (key.second * 0x9e3779b9u);
    }
  };
  std::unordered_map<std::pair<std::string_view, std::uint32_t>, const PathPattern*, Hash> seen;
  for (const PathPattern& pattern : patterns.all()) {
    const PathRule& path = *pattern.path;
    const std::uint32_t kind = path.access << 3 | static_cast<std::uint32_t>(path.owner) << 1 |
                               static_cast<std::uint32_t>(path.deny);
    const auto [first, fresh] =
        seen.emplace(std::pair(std::string_view(path.glob), kind), &pattern);
    if (fresh || pattern.layer == Layer::abstraction) continue;
    report_twice(*pattern.rule, *first->second->rule, diagnostics);
  }
}

}  // namespace

void lint_dead(const Resolved& resolved, Patterns& patterns, diag::Diagnostics& diagnostics) {
  dead_paths(patterns, diagnostics);
  dead_capabilities(resolved, diagnostics);
  dead_processes(resolved, diagnostics);
  twice(patterns, diagnostics);
  processes_twice(resolved, diagnostics);
}

}  // namespace glacis::profile
