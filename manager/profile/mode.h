// SPDX-License-Identifier: Apache-2.0
// The words of the modes, as profiles, records and commands write them.
#pragma once

#include <string_view>

#include "lsm/abi/verdict.h"

namespace glacis::profile {

[[nodiscard]] std::string_view mode_text(gl_mode mode);  // "none" for what is no mode

}  // namespace glacis::profile
