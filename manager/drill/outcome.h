// SPDX-License-Identifier: Apache-2.0
// What came of a step, and what that says. A refusal counts only if the same act
// succeeded without the profile, its side effect is absent, and a record of the
// drill's domain says that it was the profile that refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/drill/scenario.h"
#include "manager/evidence/fields.h"

namespace glacis::drill {

using Json = evidence::Json;

// One try of an act: what glacis-act says of it, and what was seen from outside.
struct Try {
  bool answered = false;  // glacis-act said something
  bool ok = false;        // every call succeeded
  bool effect = false;    // by its own word
  bool untried = false;
  int error = 0;
  int signal = 0;
  std::string error_name, stage, detail;
  std::optional<bool> seen;  // by the step's probe
  std::string trouble;       // why it was not made, or not understood

  [[nodiscard]] bool happened() const { return seen.value_or(effect); }
};

// A line that glacis-act wrote about the act with this id.
[[nodiscard]] Try parse_try(std::string_view line, std::string_view id);

// A record of the refusal, from the evidence log.
struct Record {
  std::uint64_t seq = 0;
  std::string verdict, error_name, grade, grade_reason, owner;
  bool killed = false;
  bool repeated = false;  // an earlier record that counted this refusal as well
  std::string rule;       // "nginx.toml:66", or "default"
  std::string near;       // the place of a rule that a person would look at first
  std::vector<std::string> blockers, techniques;
};
[[nodiscard]] Record record_of(const Json& event);

// Who was to be told of it.
struct Notice {
  bool asked = false;              // the drill is to notify
  std::vector<std::string> sinks;  // that took a message meanwhile
  std::optional<std::uint64_t> after_ms;
  std::string why;  // none was sent
};

enum class Verdict { passed, granted, not_tried };
[[nodiscard]] std::string_view word(Verdict verdict);

struct Outcome {
  Verdict verdict = Verdict::not_tried;
  std::string why;
  Try control;
  std::optional<Try> inside;
  std::vector<Record> records;
  std::optional<std::uint64_t> recorded_ms;  // from the act's beginning to its record in the log
  Notice notice;
};

// Sets verdict and why from the rest.
void judge(Outcome& outcome);

struct Counts {
  std::size_t passed = 0, granted = 0, not_tried = 0;
};

}  // namespace glacis::drill
