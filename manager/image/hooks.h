// SPDX-License-Identifier: Apache-2.0
// Which hooks an image needs. A hook may be left out only where the image shows
// that every request that the hook can make would be allowed.
#pragma once

#include <cstdint>

#include "manager/image/view.h"

namespace glacis::image {

// Bits GL_HOOK_BIT(...). The image's sections must be well formed.
[[nodiscard]] std::uint64_t needed_hooks(const ImageView& image);

}  // namespace glacis::image
