// SPDX-License-Identifier: Apache-2.0
// What `glacis top` draws: domains by how much is refused of them right now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace glacis::cli {

struct TopRow {
  std::string name, mode;
  std::uint64_t denied = 0, would_deny = 0, probes = 0;  // since it was loaded
};

// What was in force at one moment.
struct TopSample {
  double seconds = 0;  // of a clock that is never set
  std::vector<TopRow> rows;
  std::uint64_t lost = 0;
  bool enforcing = true;  // the host runs what is loaded
};

// By the second between two samples. Nothing where there is no earlier one of the
// domain, or its counters began anew.
struct TopRates {
  std::optional<double> denied, would_deny, probes;
};

struct TopLine {
  TopRow row;
  TopRates rates;
};

// Most refused first: by rate, then in all, then by name.
[[nodiscard]] std::vector<TopLine> top_lines(const TopSample* before, const TopSample& now);

// A screen of that, at most `height` lines of at most `width` columns; what does not
// fit is counted. Names must be escaped.
[[nodiscard]] std::string top_text(const TopSample* before, const TopSample& now, std::size_t width,
                                   std::size_t height);

}  // namespace glacis::cli
