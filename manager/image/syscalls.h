// SPDX-License-Identifier: Apache-2.0
// What an image says of system calls: text in its section `syscalls`, which the
// kernel side does not read. Calls are named, since numbers differ by machine. A
// line for each rule, in their order:
//
//     7 allow read,write
//     9 deny socket 0:eq:10:0
//
// the rule's id, what it does, the calls, and for each condition the argument, the
// comparison, value and mask in hexadecimal. A line "compat" comes first where the
// list also holds for the 32-bit ABI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/image/view.h"
#include "manager/profile/model.h"

namespace glacis::image {

struct SyscallLine {
  std::uint32_t rule = 0;
  profile::SyscallRule body;  // without its group
};

struct Syscalls {
  bool compat = false;
  std::vector<SyscallLine> lines;
};

[[nodiscard]] Syscalls syscalls_of(const profile::ResolvedProfile& profile);
[[nodiscard]] std::string encode(const Syscalls& syscalls);

// Nothing unless the text is what encode() writes.
[[nodiscard]] std::optional<Syscalls> parse_syscalls(std::string_view text);

// Of an image that was read() or has just been built.
[[nodiscard]] Syscalls syscalls_of(const ImageView& image);

}  // namespace glacis::image
