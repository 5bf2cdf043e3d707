// SPDX-License-Identifier: Apache-2.0
// One source line as it can be shown: escaped, tabs as spaces, cut to a window
// around what is marked, and where in it the mark begins.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace glacis::diag {

struct Excerpt {
  std::string text;
  std::size_t indent = 0;  // columns before the mark
  std::size_t width = 1;   // columns of the mark
};

// `column` and `end` are those of a Span.
[[nodiscard]] Excerpt excerpt(std::string_view line, std::size_t column, std::size_t end);

}  // namespace glacis::diag
