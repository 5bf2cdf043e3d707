// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "manager/base/escape.h"
#include "manager/sim/event.h"

namespace glacis::learn {
namespace {

std::string key_of(const Behaviour& behaviour) {
  return sim::to_text(behaviour.request) + '\0' + behaviour.exe;
}

}  // namespace

std::uint64_t count_of(const Behaviour& behaviour) {
  std::uint64_t out = 0;
  for (const Sighting& one : behaviour.seen) out += one.count;
  return out;
}

std::int64_t first_seen(const Behaviour& behaviour) {
  return std::ranges::min_element(behaviour.seen, {}, &Sighting::first)->first;
}

std::int64_t last_seen(const Behaviour& behaviour) {
  return std::ranges::max_element(behaviour.seen, {}, &Sighting::last)->last;
}

bool incomplete(const Recording& recording) {
  return std::ranges::any_of(recording.runs, [](const Run& run) { return run.lost != 0; });
}

Status merge(Recording& into, const Recording& from) {
  if (into.name != from.name)
    return fail(Exit::usage,
                fmt::format("this is a recording of `{}`, and not of `{}`",
                            escape(from.name, Backslash::keep), escape(into.name, Backslash::keep)),
                {}, "nothing was changed");
  std::unordered_map<std::size_t, std::size_t> runs;  // of `from` to `into`
  for (std::size_t i = 0; i < from.runs.size(); ++i) {
    if (std::ranges::find(into.runs, from.runs[i].token, &Run::token) != into.runs.end()) continue;
    runs.emplace(i, into.runs.size());
    into.runs.push_back(from.runs[i]);
  }
  std::unordered_map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < into.behaviours.size(); ++i)
    known.emplace(key_of(into.behaviours[i]), i);
  for (const Behaviour& behaviour : from.behaviours) {
    std::vector<Sighting> seen;
    for (Sighting one : behaviour.seen) {
      const auto run = runs.find(one.run);
      if (run == runs.end()) continue;
      one.run = run->second;
      seen.push_back(one);
    }
    if (seen.empty()) continue;
    const auto [at, fresh] = known.emplace(key_of(behaviour), into.behaviours.size());
    if (fresh) {
      into.behaviours.push_back({behaviour.request, behaviour.exe, std::move(seen)});
    } else {
      auto& old = into.behaviours[at->second].seen;
      old.insert(old.end(), seen.begin(), seen.end());
    }
  }
  return {};
}

}  // namespace glacis::learn
