// SPDX-License-Identifier: Apache-2.0
// Whether what happened is what a scenario expects. Every check answers with
// the reason why not, or with an empty string.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "vm-tests/runner/scenario.h"

namespace glacis::scenario {

using Json = nlohmann::json;

// `act` is the line that glacis-act printed.
[[nodiscard]] std::string check_outcome(const Scenario& scenario, const Json& act);
[[nodiscard]] std::string check_counts(const Scenario& scenario, const Json& act);
// The control: every call succeeded and the effect was seen.
[[nodiscard]] std::string check_control(const Json& act);

// `profile` is the text that was loaded, for rule_text.
[[nodiscard]] bool matches(const EventCheck& check, const Json& record, std::string_view profile);
[[nodiscard]] std::string to_text(const EventCheck& check);

}  // namespace glacis::scenario
