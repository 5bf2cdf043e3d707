// SPDX-License-Identifier: Apache-2.0
// How well an action explains a refusal. No identifier leads from a request to a
// process, so that every answer is a sum of what fits, and says what that was:
//
//   30  namespace and pod are the same (a host's session: the host)
//   15  the container is the same; 5 where the request named none
//   30  the process, or one above it, is the command, or has its arguments; 25 where its arguments
//   name the
//       process or the file; -20 where all processes up to the runtime are others
//   25  it was while the session lasted, or within 3 s of its begin where the end is
//       not known; 20 within 1 min, 12 within 15 min, 5 within 12 h; 10 where it was
//       before the begin, and clocks may differ by that; 5 within 1 h of the end
//  -25  sessions of others fit as well (within 20 points); -10 others of the same person;
//       where a process has the very arguments of one, only those without them lose
//
// A pod's maker, and who forwards a port, run nothing in it: 40 is the most for them.
// 85 and more is high, 60 and more medium, everything else low.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/correlate/action.h"
#include "manager/correlate/refusal.h"

namespace glacis::correlate {

struct Reason {
  int points = 0;
  std::string text;  // ready to be shown
};

struct Score {
  int points = 0;
  std::vector<Reason> reasons;
  bool exact = false;  // the process has the arguments of the request

  void add(int points, std::string text);
};
[[nodiscard]] std::string_view confidence(int points);  // high, medium, low

inline constexpr std::int64_t second = 1'000'000'000;
inline constexpr std::int64_t longest_open = 12 * 3600 * second;
inline constexpr std::int64_t longest_after = 3600 * second;

// None where it can't be its cause. `tolerance`: by how much clocks may differ.
[[nodiscard]] std::optional<Score> score(const Refusal& refusal, const Action& action,
                                         std::int64_t tolerance);

[[nodiscard]] std::string duration(std::int64_t nanoseconds);  // 4 s, 12 min, 3 h
[[nodiscard]] std::string command_line(const Action& action);

}  // namespace glacis::correlate
