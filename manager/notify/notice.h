// SPDX-License-Identifier: Apache-2.0
// What a person is told: one refusal, or a summary of further ones like it. The
// evidence log keeps every record; notices are for whoever must act.
#pragma once

#include <cstdint>
#include <string>

#include "manager/evidence/fields.h"
#include "manager/evidence/grade.h"

namespace glacis::notify {

using Json = evidence::Json;

struct Notice {
  Json record;              // the first of its group, or the newest
  bool first = true;        // nothing like it was told before
  std::uint64_t count = 1;  // of refusals that this notice is about
  std::uint64_t since = 0;  // seconds that they took
};

[[nodiscard]] bool is_refusal(const Json& record);
// It did not come to pass, whoever refused it.
[[nodiscard]] bool is_denied(const Json& record);
// A refusal in the domain of a drill that nobody is to be told of. Both the domain's
// name and the record's mark must say so: what is in doubt is told.
[[nodiscard]] bool is_quiet_drill(const Json& record);
// Records that tell somebody of something: refusals that are no mere observation, loss,
// traces of a log that was changed, and what befell the guard.
[[nodiscard]] bool worth_telling(const Json& record);
// What lacks a grade of its own (loss, a shortened log) is suspicious.
[[nodiscard]] evidence::Grade grade_of(const Json& record);

// Of a small set: "Glacis denied file.write".
[[nodiscard]] std::string title(const Notice& notice);
// One line for people, free of control bytes.
[[nodiscard]] std::string sentence(const Notice& notice);

}  // namespace glacis::notify
