// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace glacis::profile {

// Does any architecture that this machine's can run know a call of this name?
[[nodiscard]] bool is_syscall(const std::string& name);

// The nearest known name as a question, or nothing.
[[nodiscard]] std::string similar_syscall(std::string_view name);

// profiles/syscalls/groups.toml, as this program was built with it.
struct SyscallGroup {
  std::string name;  // "@io"
  std::string text;
  std::vector<std::string> calls;  // sorted
};
[[nodiscard]] std::span<const SyscallGroup> syscall_groups();
[[nodiscard]] const SyscallGroup* find_syscall_group(std::string_view name);
// The newest kernel whose calls the groups have: "6.7".
[[nodiscard]] const std::string& syscall_groups_kernel();

}  // namespace glacis::profile
