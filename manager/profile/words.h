// SPDX-License-Identifier: Apache-2.0
// The words of the language and the values of lsm/abi/access.h behind them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manager/profile/model.h"

namespace glacis::profile {

struct WordValue {
  std::string_view word;
  std::uint32_t value = 0;
};

// In the order of SyscallAction and SyscallOp.
[[nodiscard]] std::span<const std::string_view> syscall_action_words();
[[nodiscard]] std::span<const std::string_view> syscall_op_words();

// Values are bits (GL_FILE_*, GL_MEMORY_*, GL_KERNEL_*, GL_TASK_*) or enumerators.
[[nodiscard]] std::span<const WordValue> file_access_words();  // without the unix_* ones
[[nodiscard]] std::span<const WordValue> ending_words();       // without rooted
[[nodiscard]] std::span<const WordValue> socket_words();
[[nodiscard]] std::span<const WordValue> net_op_words();  // bind, connect, send
[[nodiscard]] std::span<const WordValue> capability_words();
[[nodiscard]] std::span<const WordValue> memory_words();
[[nodiscard]] std::span<const WordValue> kernel_words();
[[nodiscard]] std::span<const WordValue> task_words();
// What a [[process]] may say: to reach its sockets is written as [[net]].
inline constexpr std::uint32_t process_accesses = GL_TASK_ALL & ~GL_TASK_CONNECT;
[[nodiscard]] std::span<const WordValue> process_access_words();

[[nodiscard]] const WordValue* find_word(std::span<const WordValue> words, std::string_view word);
[[nodiscard]] std::vector<std::string_view> spellings(std::span<const WordValue> words);

// "read write", in the order of the bits; all file accesses, also unix_*.
[[nodiscard]] std::string file_access_text(std::uint32_t access);
// " if 0 eq 0x1, 2 masked_eq 0x400000/0x400000", or nothing.
[[nodiscard]] std::string syscall_args_text(std::span<const SyscallArg> args);
[[nodiscard]] std::string_view word_of(std::span<const WordValue> words, std::uint32_t value);

}  // namespace glacis::profile
