// SPDX-License-Identifier: Apache-2.0
// From lines of the evidence log to what was seen. A line is read like any
// other input: what does not fit is not learned, and said.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "manager/sim/simulator.h"

namespace glacis::learn {

// Of one record of the kernel.
struct Observation {
  std::uint64_t seq = 0;
  std::vector<sim::Request> requests;  // none: see `unlearned`
  std::string unlearned;               // why it cannot become a rule; or nothing
  std::string exe;
  std::uint64_t count = 1;
  std::int64_t first = 0, last = 0;
};

// `record` is a line of schema glacis.event/1, with "repeats" where the kernel
// counts some. `profile` is the name of the domain's own profile.
[[nodiscard]] Observation observe(const nlohmann::ordered_json& record, std::string_view profile);

// "2026-11-23T20:23:29.548276Z" to nanoseconds; 0 for what is no such text.
[[nodiscard]] std::int64_t parse_time(std::string_view text);

}  // namespace glacis::learn
