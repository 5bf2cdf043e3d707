// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "manager/base/escape.h"
#include "manager/base/file.h"
#include "manager/image/view.h"
#include "manager/learn/propose.h"
#include "manager/sim/event.h"

namespace glacis::learn {
namespace {

constexpr std::size_t kLargest = std::size_t{512} << 20;
constexpr std::size_t kShown = 12;  // digits of a digest

// Runs by their start, with the digest that each has of the program.
struct Versions {
  std::vector<std::size_t> runs;
  std::string now, before;
  std::set<std::size_t> newest, other;  // runs
};

Versions versions_of(const Recording& recording, const std::string& exe) {
  Versions out;
  for (std::size_t i = 0; i < recording.runs.size(); ++i)
    if (recording.runs[i].programs.contains(exe)) out.runs.push_back(i);
  std::ranges::stable_sort(out.runs, {}, [&](std::size_t i) { return recording.runs[i].started; });
  for (const std::size_t i : out.runs) {
    const std::string& digest = recording.runs[i].programs.at(exe);
    if (digest != out.now) out.before = out.now;
    out.now = digest;
  }
  for (const std::size_t i : out.runs)
    (recording.runs[i].programs.at(exe) == out.now ? out.newest : out.other).insert(i);
  return out;
}

// A run that says nothing of the version is none of the newest.
bool is_fresh(const Behaviour& one, const Versions& versions) {
  return std::ranges::all_of(
      one.seen, [&](const Sighting& seen) { return versions.newest.contains(seen.run); });
}

}  // namespace

std::vector<Drift> drifts_of(const Recording& recorded) {
  std::set<std::string> programs;
  for (const Run& run : recorded.runs)
    for (const auto& [exe, digest] : run.programs) programs.insert(exe);
  std::vector<Drift> out;
  if (programs.empty()) return out;
  const Recording recording = folded(recorded, Settings{});
  for (const std::string& exe : programs) {
    const Versions versions = versions_of(recording, exe);
    if (versions.other.empty()) continue;
    Drift drift{exe, versions.before, versions.now, versions.other.size(), versions.newest.size(),
                {}};
    for (const Behaviour& one : recording.behaviours)
      if (one.exe == exe && is_fresh(one, versions))
        drift.fresh.push_back(sim::to_text(one.request));
    out.push_back(std::move(drift));
  }
  return out;
}

std::string drift_text(const std::vector<Drift>& drifts) {
  std::string out;
  for (const Drift& one : drifts) {
    out += fmt::format("drift: {} changed ({} to {}), {} new since\n", escape(one.exe),
                       one.before.substr(0, kShown), one.now.substr(0, kShown), one.fresh.size());
    for (const std::string& event : one.fresh) out += fmt::format("    {}\n", escape(event));
  }
  return out;
}

std::string program_digest(const std::string& path) {
  const auto bytes = read_file(path, kLargest);
  if (!bytes) return {};
  return image::hex(image::digest_of(std::as_bytes(std::span(bytes->data(), bytes->size()))));
}

}  // namespace glacis::learn
