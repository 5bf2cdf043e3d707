// SPDX-License-Identifier: Apache-2.0
// The words of lsm/abi/access.h and hooks.h as text, and back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace glacis::image {

struct Word {
  std::uint32_t value;  // a bit for masks, else the enumerator
  std::string_view text;
};

// In the order of their values.
[[nodiscard]] std::span<const Word> file_words();
[[nodiscard]] std::span<const Word> memory_words();
[[nodiscard]] std::span<const Word> kernel_words();
[[nodiscard]] std::span<const Word> task_words();
[[nodiscard]] std::span<const Word> guard_words();
[[nodiscard]] std::span<const Word> ending_words();
[[nodiscard]] std::span<const Word> socket_words();
[[nodiscard]] std::span<const Word> net_op_words();
[[nodiscard]] std::span<const Word> capability_words();
[[nodiscard]] std::span<const Word> hook_words();

[[nodiscard]] std::optional<std::uint32_t> value_of(std::span<const Word> words,
                                                    std::string_view text);
[[nodiscard]] std::string_view text_of(std::span<const Word> words, std::uint32_t value);

// File accesses, in short where they are all there are.
[[nodiscard]] std::string file_access_text(std::uint32_t bits);

// "read,write"; "-" for none.
[[nodiscard]] std::string bits_text(std::span<const Word> words, std::uint32_t bits);

}  // namespace glacis::image
