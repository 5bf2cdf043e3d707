// SPDX-License-Identifier: Apache-2.0
// Members of an audit record: absent, of another type or without end is the same as
// not there, or cut. Nothing is taken from it that is larger than these bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/oci/json.h"

namespace glacis::correlate {

using oci::Json;

inline constexpr std::size_t longest_text = 1024;
inline constexpr std::size_t longest_list = 64;

[[nodiscard]] const Json& at(const Json& of, std::string_view key);
[[nodiscard]] std::string text(const Json& of, std::string_view key);
[[nodiscard]] std::vector<std::string> texts(const Json& of, std::string_view key);
// The first element, or the string itself.
[[nodiscard]] std::string first_text(const Json& of, std::string_view key);
[[nodiscard]] std::uint64_t number(const Json& of, std::string_view key);

// RFC 3339 with any fraction and offset, as nanoseconds since 1970; 0 for what is
// none, or is outside 1970 to 2200.
[[nodiscard]] std::int64_t time_of(std::string_view text);
// What is behind "name=" in the query of an address, decoded.
[[nodiscard]] std::vector<std::string> query(std::string_view address, std::string_view name);

}  // namespace glacis::correlate
