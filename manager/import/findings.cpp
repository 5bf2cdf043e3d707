// SPDX-License-Identifier: Apache-2.0
#include "manager/import/findings.h"

#include <fmt/format.h>

namespace glacis::import {

void Findings::write_to(diag::Diagnostics& diagnostics) const {
  constexpr std::size_t most_marks = 3;
  for (const auto& [key, places] : all_) {
    diag::Diagnostic& diagnostic = diagnostics.add(key.first, key.second);
    std::size_t marks = 0;
    for (const auto& [file, line, column, end] : places) {
      const diag::Span span{file, line, column, end};
      if (marks == 0) {
        diagnostic.at(span);
      } else {
        diagnostic.also(span, "and here");
      }
      if (++marks == most_marks) break;
    }
    if (places.size() > most_marks) {
      diagnostic.note(fmt::format("and in {} other places", places.size() - most_marks));
    }
  }
}

}  // namespace glacis::import
