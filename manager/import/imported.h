// SPDX-License-Identifier: Apache-2.0
// A profile that an importer made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "manager/diag/diagnostic.h"
#include "manager/import/draft.h"
#include "manager/import/findings.h"

namespace glacis::import {

struct Imported {
  std::string source;  // the file
  std::string was;     // its name there
  std::string name;    // ours
  std::string text;    // TOML
  Tally tally;
  Findings findings;  // AppArmor's: of this profile, with every place
  bool good = false;  // it compiles
  std::size_t rules = 0;
  std::size_t bytes = 0;
  std::size_t states = 0;
  std::uint64_t microseconds = 0;  // of the compilation
};

// Writes and compiles the draft. What the compiler refuses is an error at `span`.
[[nodiscard]] Imported finish(const Draft& draft, const Tally& tally, diag::Span span,
                              diag::Diagnostics& diagnostics);

}  // namespace glacis::import
