// SPDX-License-Identifier: Apache-2.0
// Internal to this folder: the text that syscall_groups() reads.
#pragma once

#include <string_view>

namespace glacis::profile {

[[nodiscard]] std::string_view syscall_groups_text();

}  // namespace glacis::profile
