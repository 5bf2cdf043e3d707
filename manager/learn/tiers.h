// SPDX-License-Identifier: Apache-2.0
// How careful generalising is with a folder.
#pragma once

#include <string_view>

namespace glacis::learn {

enum class Tier {
  kept,      // protected: names in it are never generalised
  guarded,   // only on strong evidence
  ordinary,  // when enough siblings were seen
};

// Of the names in `folder`, which may be a pattern: "/", "/srv/www".
[[nodiscard]] Tier tier_of(std::string_view folder);

}  // namespace glacis::learn
