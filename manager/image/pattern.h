// SPDX-License-Identifier: Apache-2.0
// Glob text to token sequences for the automaton. The grammar and its bounds are
// manager/profile/glob.h's, so that what `check` accepts is what compiles; here
// it gets the meaning that verdicts need:
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

#include "manager/profile/glob.h"

namespace glacis::image {

using ByteSet = std::bitset<256>;
using Token = profile::GlobToken;

struct Pattern {
  bool abstract = false;      // starts with '@'
  std::vector<Token> tokens;  // of adjacent runs only the widest is kept
};

struct PatternError {
  std::size_t offset = 0;  // into the glob, in bytes
  std::string what;
};

// The glob's patterns without braces, in order of writing.
[[nodiscard]] std::expected<std::vector<Pattern>, PatternError> expand(std::string_view glob);

}  // namespace glacis::image
