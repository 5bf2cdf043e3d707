// SPDX-License-Identifier: Apache-2.0
// The kernel's counts of refusals that were the same as one already sent.
#pragma once

#include <cstdint>
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

}  // namespace glacis::kernel
