// SPDX-License-Identifier: Apache-2.0
// Members of a record that was read from a file: absent or of another type is
// the same as not there.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace glacis::evidence {

using Json = nlohmann::ordered_json;

// Null where there is no such member.
[[nodiscard]] const Json& member(const Json& of, const char* key);

[[nodiscard]] std::optional<std::string> text_of(const Json& of, const char* key);
[[nodiscard]] std::optional<std::uint64_t> number_of(const Json& of, const char* key);

// For a terminal: "-" where there is none. Strings of records are escaped when
// they are written; whoever changed the file need not have done so.
[[nodiscard]] std::string shown(const Json& value);
[[nodiscard]] std::string shown(const Json& of, const char* key);
// The elements of an array, joined.
[[nodiscard]] std::string shown_list(const Json& of, const char* key, const char* between);

}  // namespace glacis::evidence
