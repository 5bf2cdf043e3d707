// SPDX-License-Identifier: Apache-2.0
// Parts of a record in words, shared by the list and the detailed view.
#pragma once

#include <string>

#include "manager/evidence/fields.h"

namespace glacis::evidence {

[[nodiscard]] std::string object_phrase(
    const Json& object);  // tcp 192.0.2.1:80, term to sh (812, web)
// 88121; n4711 of a record that only the chain gave a number.
[[nodiscard]] std::string number_phrase(const Json& record);
[[nodiscard]] std::string place_phrase(const Json& place);  // nginx.toml:12
[[nodiscard]] std::string rule_phrase(const Json& rule);    // default (near nginx.toml:12)

// What glacis.missed/1 tells.
[[nodiscard]] std::string missed_phrase(const Json& record);

// A text of a record with a mark where its beginning is missing.
[[nodiscard]] std::string path_phrase(const Json& of, const char* key);

}  // namespace glacis::evidence
