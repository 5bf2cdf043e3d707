// SPDX-License-Identifier: Apache-2.0
// The kernel's counts of refusals that were the same as one already sent.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "lsm/abi/event.h"
#include "manager/base/result.h"

namespace glacis::kernel {

struct Repeats {
  gl_repeat_key key{};
  gl_repeat value{};
};

// Every entry whose count is not zero, in no order. Entries that come or go
// meanwhile may be missed.
Result<std::vector<Repeats>> read_repeats(int map_fd);

// What the table holds, those that did not repeat included.
struct RefusalCounts {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> counts;  // by domain and class
  std::uint64_t entries = 0;
};
Result<RefusalCounts> count_refusals(int map_fd);

}  // namespace glacis::kernel
