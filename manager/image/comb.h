// SPDX-License-Identifier: Apache-2.0
// Packs an automaton's sparse rows into one array of cells (lsm/abi/image.h,
// "The path automaton"). An unused cell is 0: key 0 is no class, so no state
// ever takes it for its own.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "manager/base/result.h"
#include "manager/image/dfa.h"

namespace glacis::image {

struct Comb {
  std::vector<std::uint32_t> cells;
  std::uint32_t start = 0;  // a state: its first cell's index
  std::array<std::uint8_t, 256> classes{};
};

// `dfa.accept` holds the indexes of the accept records.
[[nodiscard]] Result<Comb> pack(const Dfa& dfa);

}  // namespace glacis::image
