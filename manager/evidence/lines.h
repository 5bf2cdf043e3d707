// SPDX-License-Identifier: Apache-2.0
// The lines of a file, forwards with their numbers or backwards from its end,
// in bounded memory whatever the file holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "manager/base/result.h"

namespace glacis::evidence {

// No record is as long: a path of 4096 bytes is at most five times that in JSON.
inline constexpr std::size_t longest_line = 256u << 10;

struct Line {
  std::uint64_t number = 0;  // from 1; 0 when read backwards
  std::uint64_t offset = 0;  // of its first byte; 0 when read backwards
  std::string_view text;     // without its end, valid during the call
  bool ended = true;         // false: the last line, cut off
  bool too_long = false;     // text is its beginning, or its end when read backwards
};

// False ends the reading.
using EachLine = std::function<bool(const Line&)>;

// Bytes in their order: fewer than there is room for only at the end.
using ReadMore = std::function<Result<std::size_t>(char* to, std::size_t size)>;

[[nodiscard]] Status read_lines(const ReadMore& more, const EachLine& each);
// From the descriptor's start to its end.
[[nodiscard]] Status read_lines(int fd, const EachLine& each);
// From `size` back to the start.
[[nodiscard]] Status read_lines_back(int fd, std::uint64_t size, const EachLine& each);

}  // namespace glacis::evidence
