// SPDX-License-Identifier: Apache-2.0
// What a policy answers to a request, and how that is shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "manager/cli/output.h"
#include "manager/cli/policy.h"
#include "manager/sim/simulator.h"

namespace glacis::cli {

struct Answer {
  std::string event;
  bool allow = false;
  bool kill = false;
  std::string_view reason;
  std::uint32_t rule = 0;
  std::string blocker;                   // of a refusal
  std::optional<std::uint32_t> nearest;  // where no rule decided
};

[[nodiscard]] Answer answer(const Policy& policy, const sim::Request& request);
[[nodiscard]] Json to_json(const Policy& policy, const Answer& answer);
// "nginx.toml:12:3: the rule"
[[nodiscard]] std::string rule_line(const Policy& policy, std::uint32_t id);
// Some lines, of which the first is the verdict and the request.
void print(const Output& out, const Policy& policy, const Answer& answer);

}  // namespace glacis::cli
