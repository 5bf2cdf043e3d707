// SPDX-License-Identifier: Apache-2.0
// Glob text to token sequences. The grammar (manager/profile/model.h) in full:
//
//   *        any run of bytes but '/', also an empty one
//   **       any run of bytes, also an empty one
//   ?        one byte but '/'
//   [a-z]    one byte of the set; [^a-z] one that is not in it; never '/'
//   {a,b}    alternatives; they nest, hold any pattern, and may be empty
//   \x       the byte x itself, also inside brackets
//
// A glob starts with '/' (a path) or '@' (an abstract Unix name), in every one
// of its alternatives. No wildcard of a path takes byte 0, which no path holds;
// those of an abstract name do. A name that starts with a dot is like any other.
// "/a/**" matches what is below /a and not /a itself, since no path ends in '/'
// but the root: "/**" matches every path, also "/".
#pragma once

#include <bitset>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace glacis::image {

using ByteSet = std::bitset<256>;

struct Token {
  enum class Kind : std::uint8_t { byte, set, star, double_star };
  Kind kind = Kind::byte;
  std::uint8_t byte = 0;  // Kind::byte
  ByteSet set;            // Kind::set

  friend bool operator==(const Token&, const Token&) = default;
};

struct Pattern {
  bool abstract = false;      // starts with '@'
  std::vector<Token> tokens;  // of adjacent runs only the widest is kept
};

struct PatternError {
  std::size_t offset = 0;  // into the glob, in bytes
  std::string what;
};

// Bounds on what one glob expands to.
inline constexpr std::size_t kMaxAlternatives = 1024;
inline constexpr std::size_t kMaxTokens = 65536;
inline constexpr std::size_t kMaxNesting = 16;

// The glob's patterns without braces, in order of writing.
[[nodiscard]] std::expected<std::vector<Pattern>, PatternError> expand(std::string_view glob);

// The glob's literal beginning, up to its first special byte, unquoted.
[[nodiscard]] std::string literal_prefix(std::string_view glob);

}  // namespace glacis::image
