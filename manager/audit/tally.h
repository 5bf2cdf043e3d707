// SPDX-License-Identifier: Apache-2.0
// Repeats are counted and not told one by one: the first of a kind at once, what
// follows as a number after 10 seconds, a minute, ten minutes and so on. Bounded in
// memory and in what it tells a second, whoever makes the noise; what finds no room is
// counted too.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace glacis::audit {

template <typename T>
class Tally {
 public:
  using Time = std::chrono::milliseconds;

  static constexpr std::size_t most_kinds = 1024;
  static constexpr std::uint64_t burst = 200, per_second = 20;
  static constexpr std::array<std::chrono::seconds, 3> stages = {
      std::chrono::seconds(10), std::chrono::minutes(1), std::chrono::minutes(10)};

  // One, and those like it that followed.
  struct Told {
    T what;
    std::uint64_t further = 0;
    std::int64_t last = 0;  // when the last of them was, as add() was told
  };

  void add(const std::string& kind, T what, std::int64_t when, Time now) {
    const auto at = kinds_.find(kind);
    if (at != kinds_.end()) return repeat(at->second, std::move(what), when, now);
    if ((kinds_.size() >= most_kinds && !make_room()) || !spend(now)) {
      ++dropped_;
      return;
    }
    kinds_.emplace(kind, Kind{{}, 0, 0, now, now, 0});
    ready_.push_back({std::move(what), 0, when});
  }

  // What is to be told now; `all`: nothing waits any longer.
  [[nodiscard]] std::vector<Told> take(Time now, bool all = false) {
    std::vector<Told> out = std::exchange(ready_, {});
    for (auto& [name, kind] : kinds_) {
      if (!kind.first || (!all && now < due(kind))) continue;
      if (!all && !spend(now)) break;
      out.push_back({std::move(*kind.first), kind.waiting - 1, kind.last});
      kind.first.reset();
      kind.waiting = 0;
      kind.told = now;
      kind.stage = std::min(kind.stage + 1, stages.size() - 1);
    }
    // What was quiet for the longest stage is new when it comes again.
    std::erase_if(kinds_, [&](const auto& one) {
      return !one.second.first && now - one.second.seen >= stages.back();
    });
    return out;
  }

  // When take() has something again.
  [[nodiscard]] std::optional<Time> next() const {
    if (!ready_.empty()) return Time(0);
    std::optional<Time> out;
    for (const auto& [name, kind] : kinds_)
      if (kind.first && (!out || due(kind) < *out)) out = due(kind);
    return out;
  }

  // Those that found no room since the last call.
  [[nodiscard]] std::uint64_t take_dropped() { return std::exchange(dropped_, 0); }

 private:
  struct Kind {
    std::optional<T> first;  // of those that wait
    std::uint64_t waiting = 0;
    std::int64_t last = 0;
    Time told{}, seen{};
    std::size_t stage = 0;
  };

  static Time due(const Kind& kind) { return kind.told + stages[kind.stage]; }

  static void repeat(Kind& kind, T what, std::int64_t when, Time now) {
    if (!kind.first) kind.first = std::move(what);
    ++kind.waiting;
    kind.last = when;
    kind.seen = now;
  }

  // The one that is quiet longest goes; one that has something to tell stays.
  bool make_room() {
    auto best = kinds_.end();
    for (auto at = kinds_.begin(); at != kinds_.end(); ++at)
      if (!at->second.first && (best == kinds_.end() || at->second.seen < best->second.seen))
        best = at;
    if (best == kinds_.end()) return false;
    kinds_.erase(best);
    return true;
  }

  bool spend(Time now) {
    const auto earned = static_cast<std::uint64_t>(std::max<Time>(now - filled_, Time(0)).count()) *
                        per_second / 1000;
    if (earned != 0) {
      tokens_ = std::min(burst, tokens_ + earned);
      filled_ = now;
    }
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }

  std::map<std::string, Kind> kinds_;
  std::vector<Told> ready_;
  std::uint64_t dropped_ = 0, tokens_ = burst;
  Time filled_{};
};

}  // namespace glacis::audit
