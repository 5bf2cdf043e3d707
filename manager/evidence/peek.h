// SPDX-License-Identifier: Apache-2.0
// What a line of the log is about, found without parsing it: lines that nobody
// asked for are passed over at a tenth of the cost.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace glacis::evidence {

// Members of the object itself, as JSON; empty where there is none.
struct Peek {
  std::string_view schema, boot, ring, seq, to, last, domain, grade;
};

// None where the line is no object from brace to brace. One that is may still be
// no JSON: what is used of it is parsed.
[[nodiscard]] std::optional<Peek> peek(std::string_view line);

// A string without escapes, without its quotes.
[[nodiscard]] std::string_view peeked_text(std::string_view json);
[[nodiscard]] std::optional<std::uint64_t> peeked_number(std::string_view json);

}  // namespace glacis::evidence
