// SPDX-License-Identifier: Apache-2.0
// Leaves out of a subset what cannot change its answers. After "/**/.git/**" has
// seen its name, only "/" is left to meet, and the same holds for
// "/**/.ssh/**"; if both rules refuse the same accesses, the first one decides
// from then on, and which of the others were seen need not be remembered.
// Without this, n such rules need 2^n states; with it, n * n.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "manager/image/nfa.h"

namespace glacis::image {

// Whether, where both tags accept, the second changes nothing. Transitive.
using Covers = std::function<bool(std::uint32_t, std::uint32_t)>;

class Dominance {
 public:
  Dominance(const Nfa& nfa, const Covers& covers);

  // Removes from a sorted subset the nodes that another of its nodes covers.
  void prune(std::vector<std::uint32_t>& nodes);

 private:
  struct Rest {
    std::uint32_t shape = 0;  // nodes of one shape match the same rests; 0: not compared
    std::uint32_t tag = 0;
  };

  const Covers& covers_;
  std::vector<Rest> rest_;                                      // by node
  std::vector<std::pair<std::uint32_t, std::uint32_t>> group_;  // shape, node
  std::vector<std::uint32_t> drop_, kept_;
};

}  // namespace glacis::image
