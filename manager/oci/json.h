// SPDX-License-Identifier: Apache-2.0
// JSON that a runtime, and through it the maker of a container, wrote: strict and
// bounded. A name twice in one object is refused, since two readers could take
// different ones.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "manager/base/result.h"

namespace glacis::oci {

using Json = nlohmann::ordered_json;

inline constexpr std::size_t depth_max = 64;
inline constexpr std::size_t annotations_max = 4096;

using Annotations = std::map<std::string, std::string>;

// `what` names the text in errors: "the state". The value is an object.
[[nodiscard]] Result<Json> parse_object(std::string_view text, std::string_view what);

// Members of the type that is wanted. One that is missing is empty; one of
// another type is an error.
[[nodiscard]] Result<std::string> string_in(const Json& of, const char* key, std::string_view what);
[[nodiscard]] Result<Annotations> annotations_in(const Json& of, std::string_view what);

}  // namespace glacis::oci
