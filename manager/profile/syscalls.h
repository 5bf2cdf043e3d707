// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace glacis::profile {

// Does any architecture that this machine's can run know a call of this name?
[[nodiscard]] bool is_syscall(const std::string& name);

// The nearest known name as a question, or nothing.
[[nodiscard]] std::string similar_syscall(std::string_view name);

}  // namespace glacis::profile
