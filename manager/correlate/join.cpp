// SPDX-License-Identifier: Apache-2.0
#include "manager/correlate/join.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "manager/base/escape.h"

namespace glacis::correlate {
namespace {

constexpr std::size_t kTried = 256;  // the nearest in time, so that a flood costs little
constexpr std::size_t kShown = 8;
constexpr int kRival = 20;
constexpr std::int64_t kAround = 3600 * second;
constexpr std::int64_t kEarly = 900 * second;
constexpr std::string_view kAccount = "system:serviceaccount:";

// Actions of one key, by their begin.
class Index {
 public:
  void add(const std::string& key, const Action* action) { lists_[key].push_back(action); }

  void sort() {
    for (auto& [key, list] : lists_) std::ranges::stable_sort(list, {}, &Action::from);
  }

  // From the newest that began by `until` back to `from`; false ends it.
  template <typename Each>
  void back(const std::string& key, std::int64_t until, std::int64_t from, const Each& each) const {
    const auto at = lists_.find(key);
    if (at == lists_.end()) return;
    auto end = std::ranges::upper_bound(at->second, until, {}, &Action::from);
    for (std::size_t tried = 0; end != at->second.begin() && tried < kTried; ++tried) {
      --end;
      if ((*end)->from < from) return;
      each(**end);
    }
  }

  // The first that began after `time`.
  [[nodiscard]] const Action* next(const std::string& key, std::int64_t time) const {
    const auto at = lists_.find(key);
    if (at == lists_.end()) return nullptr;
    const auto found = std::ranges::upper_bound(at->second, time, {}, &Action::from);
    return found == at->second.end() ? nullptr : *found;
  }

 private:
  std::unordered_map<std::string, std::vector<const Action*>> lists_;
};

std::string key_of(std::string_view kind, std::string_view one, std::string_view two) {
  std::string out(kind);
  out += '\n';
  out += one;
  out += '\n';
  return out += two;
}

bool is_session(const Action& action) {
  switch (action.kind) {
    case Kind::exec:
    case Kind::attach:
    case Kind::debug:
    case Kind::port_forward:
    case Kind::create_pod:
    case Kind::host_session:
      return true;
    default:
      return false;
  }
}

// The names as a record has them.
std::string session_key(const Action& action) {
  if (action.kind == Kind::host_session) return key_of("host", "", "");
  if (!action.pod.empty()) return key_of("pod", escape(action.space), escape(action.pod));
  return key_of("container", "", escape(action.container));
}

std::string token_key(const Person& by) {
  if (by.pod.empty() || !by.name.starts_with(kAccount)) return {};
  const std::string_view rest = std::string_view(by.name).substr(kAccount.size());
  return key_of("token", escape(rest.substr(0, rest.find(':'))), escape(by.pod));
}

std::string person_key(const Person& by) { return key_of("person", by.name, by.acts_as); }

class Join {
 public:
  Join(std::vector<Source>& sources, const Options& options) : options_(options) {
    for (Source& source : sources) {
      merge_sessions(source.actions);
      for (const Action& action : source.actions) add(action);
    }
    index_.sort();
  }

  void take(const evidence::Json& record) {
    auto refusal = refusal_of(record);
    if (!refusal) return;
    ++out_.refusals;
    out_.contained += refusal->contained;
    out_.in_pods += !refusal->pod.empty();
    Named named{std::move(*refusal), {}, {}, {}};
    find_sessions(named);
    find_token(named);
    find_also(named);
    if (named.candidates.empty()) note_early(named.refusal);
    if (!named.candidates.empty() || !named.of_the_token.empty())
      out_.named.push_back(std::move(named));
  }

  [[nodiscard]] Correlation done() { return std::move(out_); }

 private:
  void add(const Action& action) {
    out_.not_allowed += action.refused && is_session(action);
    if (!action.new_access_key.empty()) identities_.emplace(action.new_access_key, &action);
    if (const auto key = token_key(action.by); !key.empty()) index_.add(key, &action);
    if (action.refused) return;
    if (is_session(action)) {
      ++out_.sessions;
      index_.add(session_key(action), &action);
    } else if (action.kind == Kind::secret || action.kind == Kind::rights) {
      index_.add(person_key(action.by), &action);
    }
  }

  // Keys under which sessions of this record's place are found.
  static std::vector<std::string> places(const Refusal& refusal) {
    std::vector<std::string> out = {key_of("host", "", "")};
    if (!refusal.pod.empty())
      out.push_back(key_of("pod", refusal.space, refusal.pod));
    else if (!refusal.container.empty())
      out.push_back(key_of("container", "", refusal.container));
    return out;
  }

  void find_sessions(Named& named) {
    // One whose end is known may have begun long before.
    for (const std::string& key : places(named.refusal))
      index_.back(key, named.refusal.time + options_.tolerance, 0, [&](const Action& action) {
        auto one = score(named.refusal, action, options_.tolerance);
        if (!one || one->points <= 0) return;
        const auto at = identities_.find(action.by.access_key);
        const bool known = !action.by.access_key.empty() && at != identities_.end();
        named.candidates.push_back({&action, known ? at->second : nullptr, std::move(*one)});
      });
    weigh_rivals(named.candidates);
    std::ranges::stable_sort(named.candidates, std::ranges::greater(),
                             [](const Candidate& one) { return one.score.points; });
    if (named.candidates.size() > kShown) named.candidates.resize(kShown);
  }

  // Where several fit, none is certain, unless one has what the process was given.
  static void weigh_rivals(std::vector<Candidate>& all) {
    int best = 0;
    for (const Candidate& one : all) best = std::max(best, one.score.points);
    const bool exact = std::ranges::any_of(all, [](const auto& one) { return one.score.exact; });
    std::vector<Candidate*> rivals;
    std::set<std::string> persons;
    for (Candidate& one : all) {
      if (exact && !one.score.exact) one.score.add(-25, "another request has the arguments");
      if (one.score.exact != exact || one.score.points < best - kRival) continue;
      rivals.push_back(&one);
      persons.insert(person_key(one.action->by));
    }
    if (rivals.size() > 1) add_rivals(rivals, persons.size());
  }

  static void add_rivals(const std::vector<Candidate*>& rivals, std::size_t persons) {
    const auto text = persons > 1
                          ? fmt::format("{} sessions of {} persons fit", rivals.size(), persons)
                          : fmt::format("{} sessions of this person fit", rivals.size());
    for (Candidate* one : rivals) one->score.add(persons > 1 ? -25 : -10, text);
  }

  void find_token(Named& named) {
    if (named.refusal.pod.empty()) return;
    const std::int64_t time = named.refusal.time;
    index_.back(key_of("token", named.refusal.space, named.refusal.pod), time + kAround,
                time - kAround, [&](const Action& action) {
                  if (named.of_the_token.size() < kShown) named.of_the_token.push_back(&action);
                });
    std::ranges::reverse(named.of_the_token);
  }

  void find_also(Named& named) {
    std::set<std::string> persons;
    for (const Candidate& one : named.candidates) persons.insert(person_key(one.action->by));
    const std::int64_t time = named.refusal.time;
    for (const std::string& key : persons)
      index_.back(key, time + kAround, time - kAround, [&](const Action& action) {
        if (named.also.size() < kShown) named.also.push_back(&action);
      });
    std::ranges::stable_sort(named.also, {}, &Action::from);
  }

  void note_early(const Refusal& refusal) {
    if (refusal.pod.empty()) return;
    const Action* next = index_.next(key_of("pod", refusal.space, refusal.pod), refusal.time);
    if (!next || next->from - refusal.time > kEarly || next->kind == Kind::create_pod) return;
    ++out_.early;
    out_.early_by = std::max(out_.early_by, next->from - refusal.time);
  }

  Options options_;
  Index index_;
  std::unordered_map<std::string, const Action*> identities_;  // by the key they gave
  Correlation out_;
};

}  // namespace

void merge_sessions(std::vector<Action>& actions) {
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  std::map<Key, std::size_t> seen;
  std::vector<Action> out;
  for (Action& action : actions) {
    // What has an id in common and is by another, or elsewhere, is something else.
    const Key key{action.id, action.verb, action.by.name, action.space, action.pod};
    const auto [at, first] = seen.try_emplace(key, out.size());
    if (first || action.id.empty()) {
      out.push_back(std::move(action));
      continue;
    }
    Action& own = out[at->second];
    own.from = std::min(own.from, action.from);
    own.until = std::max(own.until, action.until);
    own.refused |= action.refused;
    if (own.containers.empty()) own.containers = std::move(action.containers);
    if (own.command.empty()) own.command = std::move(action.command);
  }
  actions = std::move(out);
}

Correlation correlate(const evidence::Listing& listing, std::vector<Source>& sources,
                      const Options& options) {
  Join join(sources, options);
  for (const evidence::Entry& entry : listing.entries) join.take(entry.record);
  return join.done();
}

}  // namespace glacis::correlate
