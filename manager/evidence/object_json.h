// SPDX-License-Identifier: Apache-2.0
// The member "object" of a record, and others that kinds of records share.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "manager/evidence/decode.h"
#include "manager/profile/model.h"

namespace glacis::evidence {

using Json = nlohmann::ordered_json;

// `domains`: names of the live ones, by id.
[[nodiscard]] Json object_json(const Event& event,
                               const std::map<std::uint32_t, std::string>& domains);

// The text, null where there is none; "KEY_cut": true where its beginning is missing.
void put_text(Json& out, const char* key, const Text& text);

// Who is told, how urgent it is and what to do: each if the profile says it.
void put_contact(Json& out, const profile::Contact& contact);

}  // namespace glacis::evidence
