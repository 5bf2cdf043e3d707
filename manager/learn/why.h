// SPDX-License-Identifier: Apache-2.0
// From one refusal to the smallest change of the profile that would allow it, proven
// by the compiler and the core, and to what else that change would allow.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/learn/observe.h"
#include "manager/profile/diff.h"
#include "manager/profile/model.h"

namespace glacis::learn {

// A rule that wins over every grant.
struct Denial {
  std::string place;  // "nginx.toml:12:3"
  profile::RuleBody body;
};

struct Why {
  std::vector<sim::Request> asked;  // what the hook asked, as far as the record tells it
  bool allowed = false;             // the profile allows it as it is now
  std::string impossible;           // why no change allows it; nothing if one does
  std::string drop_in;              // rules to add; nothing where narrowing is enough
  std::vector<Denial> denials;      // would have to be narrowed
  std::vector<profile::Difference> differences;  // of the two profiles, with the denials gone
  std::vector<sim::Request> also;                // not asked, refused now and allowed then
};

// The profile with this drop-in beside it.
using WithDropIn = std::function<Result<profile::ResolvedProfile>(const std::string& text)>;

// `record` is a line of the log. Fails only where the profile itself can't be built.
[[nodiscard]] Result<Why> why(const nlohmann::ordered_json& record,
                              const profile::ResolvedProfile& profile, const WithDropIn& with);

}  // namespace glacis::learn
