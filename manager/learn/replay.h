// SPDX-License-Identifier: Apache-2.0
// A policy asked about all that a recording has: what would have been refused.
#pragma once

#include <cstddef>
#include <vector>

#include "lsm/abi/verdict.h"
#include "manager/learn/matcher.h"
#include "manager/learn/recording.h"

namespace glacis::learn {

struct Refused {
  std::size_t behaviour = 0;
  gl_verdict verdict{};
};

[[nodiscard]] std::vector<Refused> replay(const Recording& recording, const Matcher& policy);

}  // namespace glacis::learn
