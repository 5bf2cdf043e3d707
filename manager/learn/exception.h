// SPDX-License-Identifier: Apache-2.0
// From one refusal to a [[benign]] entry: somebody looked at it, says why it is
// harmless, and until which day. It stays refused; what is a compromise, or of
// another sort than an entry can name alone, gets none.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "manager/base/result.h"

namespace glacis::learn {

inline constexpr const char* exceptions_name = "60-exceptions.toml";

struct Reviewed {
  std::string owner, reason;
  std::string until;  // 2027-06-30; the compiler checks that it is a day, and not over
};

// The text to add to the drop-in. `record` is a line of the log.
[[nodiscard]] Result<std::string> exception_text(const nlohmann::ordered_json& record,
                                                 std::string_view profile, const Reviewed& by);

}  // namespace glacis::learn
