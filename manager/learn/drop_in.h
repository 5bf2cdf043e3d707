// SPDX-License-Identifier: Apache-2.0
// What was proposed and accepted, in the language of profiles.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manager/learn/propose.h"

namespace glacis::learn {

inline constexpr const char* drop_in_name = "50-learned.toml";

// Process-controlled bytes are quoted in strings and escaped in comments. The
// same recording gives the same text.
[[nodiscard]] std::string drop_in_text(const std::string& profile, const Recording& recording,
                                       const std::vector<Fold>& folds,
                                       const std::vector<Item>& items);

// The rules alone, without the lines that a file begins with.
[[nodiscard]] std::string rules_text(const std::vector<Item>& items);

// A basic string of TOML. What is invisible is written as its number, so that the
// file says what it seems to say.
[[nodiscard]] std::string toml_string(std::string_view text);

// "2026-11-23T20:23:29Z"
[[nodiscard]] std::string time_text(std::int64_t nanoseconds);

}  // namespace glacis::learn
