// SPDX-License-Identifier: Apache-2.0
// Records for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "manager/evidence/list.h"

namespace glacis::evidence {

// One line a record: time, number, domain, verdict, blockers, object, the rule's
// place, and how often it happened where more than once.
[[nodiscard]] std::string list_text(const Listing& listing);
// One record a line, as in the log.
[[nodiscard]] std::string list_json(const Listing& listing);

// Everything that a record tells, over several lines.
[[nodiscard]] std::string show_text(const Entry& entry);
[[nodiscard]] std::string show_json(const Entry& entry);

// "evidence.jsonl:12: is not a record ...", one a line; for standard error.
[[nodiscard]] std::string problems_text(const std::vector<Problem>& problems);

}  // namespace glacis::evidence
