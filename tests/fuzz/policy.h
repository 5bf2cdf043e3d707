// SPDX-License-Identifier: Apache-2.0
// What every importer of a policy must hold to: an error, or profiles whose text
// our own compiler takes, the same the second time.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "manager/diag/render.h"
#include "manager/import/imported.h"

namespace glacis {

inline void must(bool holds) {
  if (!holds) std::abort();
}

// `import` fills in the diagnostics and the sources, and gives the profiles.
template <typename Import>
void twice(Import import) {
  const auto once = [&] {
    diag::Diagnostics diagnostics;
    diag::SourceSet sources;
    std::string out;
    bool good = true;
    for (const glacis::import::Imported& one : import(diagnostics, sources)) {
      out += one.text;
      good = good && one.good;
    }
    must(good || diagnostics.failed());
    return out + diag::render_text(diagnostics, sources);
  };
  must(once() == once());
}

}  // namespace glacis
