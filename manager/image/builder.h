// SPDX-License-Identifier: Apache-2.0
// A resolved profile to its policy image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "manager/base/result.h"
#include "manager/image/automaton.h"
#include "manager/image/sourcemap.h"
#include "manager/image/view.h"
#include "manager/profile/model.h"

namespace glacis::image {

// What the build met on its way, for measurements.
struct BuildStats {
  std::size_t patterns = 0;     // after brace expansion
  std::size_t nodes = 0;        // of the non-deterministic automaton
  std::size_t raw_states = 0;   // before minimisation
  std::size_t states = 0;       // with the dead one
  std::size_t transitions = 0;  // beyond one fallback a state
  std::size_t classes = 0;
};

struct Image {
  std::vector<std::byte> bytes;
  Digest digest{};
  SourceMap source_map;
  BuildStats stats;
};

// The same rules in the same order give the same bytes, on any machine. The
// error names the rules to blame by file and line.
[[nodiscard]] Result<Image> build(const profile::ResolvedProfile& profile,
                                  const AutomatonLimits& limits = {});

}  // namespace glacis::image
