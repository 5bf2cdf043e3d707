// SPDX-License-Identifier: Apache-2.0
// Path patterns as far as the language must understand them: are they well
// formed, can they match anything, does one cover or meet another. The grammar
// is in model.h. Matching for verdicts is the image's business alone.
#pragma once

#include <bitset>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace glacis::profile {

// Bounds on one pattern. The image builder has the same ones.
inline constexpr std::size_t most_alternatives = 1024;
inline constexpr std::size_t most_nesting = 16;
inline constexpr std::size_t most_elements = 65536;
inline constexpr std::size_t longest_path = 4096;
inline constexpr std::size_t longest_name = 255;

struct GlobToken {
  enum class Kind : std::uint8_t { byte, set, star, double_star };
  Kind kind = Kind::byte;
  unsigned char byte = 0;
  std::bitset<256> set;  // never '/'
};

using GlobTokens = std::vector<GlobToken>;
using Alternatives = std::vector<GlobTokens>;

struct GlobError {
  enum class Kind { malformed, too_many };
  Kind kind = Kind::malformed;
  std::size_t offset = 0;
  std::size_t length = 1;
  std::string what;
};

// A pattern without its braces, each alternative by itself.
[[nodiscard]] std::expected<Alternatives, GlobError> expand(std::string_view glob);

// No byte of it is special.
[[nodiscard]] bool is_literal(std::string_view glob);

// The literal beginning, unquoted: all that matches starts with it.
[[nodiscard]] std::string literal_prefix(std::string_view glob);

// Everything that `inner` matches is matched by `outer`. May say no where the
// answer is yes, never the reverse.
[[nodiscard]] bool covers(const Alternatives& outer, const Alternatives& inner);

// There is something that both match. Exact.
[[nodiscard]] bool meet(const Alternatives& a, const Alternatives& b);

}  // namespace glacis::profile
