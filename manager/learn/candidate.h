// SPDX-License-Identifier: Apache-2.0
// A decision of the profile in force, asked of another profile too.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "manager/learn/matcher.h"
#include "manager/sim/simulator.h"

namespace glacis::learn {

enum class Change {
  none,         // both answer the same
  refused,      // allowed now, the candidate would refuse
  allowed,      // refused now, the candidate would allow
  elsewhere,    // no decision of its own: another hook is asked about the same act
  incomparable  // too little is known of it; `why` says what
};

struct Compared {
  Change change = Change::none;
  std::vector<sim::Request> requests;  // what was asked
  std::string why;
};

// `record` is a line of schema glacis.event/1 of the profile `name`, `allowed` what was
// decided, in whatever mode.
[[nodiscard]] Compared compare(const nlohmann::ordered_json& record, bool allowed,
                               const Matcher& candidate, std::string_view name);

}  // namespace glacis::learn
