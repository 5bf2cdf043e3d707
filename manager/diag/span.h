// SPDX-License-Identifier: Apache-2.0
// A stretch of source text on one line. Lines and columns count from 1;
// columns count bytes; `end` is one past the last byte. File indexes the list
// of sources that the holder keeps (SourceSet, ResolvedProfile::files).
#pragma once

#include <cstdint>

namespace glacis::diag {

struct Span {
  std::uint32_t file = 0;
  std::uint32_t line = 0;  // 0: no place known
  std::uint32_t column = 0;
  std::uint32_t end = 0;

  friend bool operator==(const Span&, const Span&) = default;
};

}  // namespace glacis::diag
