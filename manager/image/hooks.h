// SPDX-License-Identifier: Apache-2.0
// Which hooks an image needs. A hook may be left out only where the image shows
// that every request that the hook can make would be allowed.
#pragma once

#include "manager/base/hook_set.h"
#include "manager/image/view.h"

namespace glacis::image {

// The image's sections must be well formed.
[[nodiscard]] HookSet needed_hooks(const ImageView& image);

}  // namespace glacis::image
