// SPDX-License-Identifier: Apache-2.0
// What each domain was refused, by key: the tables that lsm/abi/refusal.h describes.
#pragma once

#include <cstdint>
#include <vector>

#include "lsm/abi/refusal.h"
#include "manager/base/result.h"

namespace glacis::kernel {

struct Refusal {
  gl_refusal_key key{};
  gl_refusal value{};
};

// Of all domains, those that ended and are not forgotten included; in no order. Counts may
// grow while they are read.
Result<std::vector<Refusal>> read_refusals(int tables_fd);

// Frees the slot of a key whose image is in force no more.
void forget_refusal(int tables_fd, const gl_refusal_key& key);

}  // namespace glacis::kernel
