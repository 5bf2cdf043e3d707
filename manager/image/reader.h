// SPDX-License-Identifier: Apache-2.0
// Image bytes from anywhere, checked completely before one is used. What read()
// lets pass, the core can decide with: no load leaves its section, every state
// is a state, and the hooks that the decisions need are asked for.
#pragma once

#include <cstddef>
#include <span>

#include "manager/base/result.h"
#include "manager/image/view.h"

namespace glacis::image {

[[nodiscard]] Result<ImageView> read(std::span<const std::byte> bytes);

}  // namespace glacis::image
