// SPDX-License-Identifier: Apache-2.0
// A pattern taken apart.
#pragma once

#include <bitset>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "manager/import/apparmor/pattern.h"

namespace glacis::import::apparmor {

struct Element;
using Sequence = std::vector<Element>;

struct Element {
  enum class Kind : std::uint8_t { byte, set, star, double_star, choice };
  Kind kind = Kind::byte;
  unsigned char byte = 0;
  bool filled = false;  // a run of at least one byte, the first of them no slash
  std::bitset<256> set{};
  std::vector<Sequence> branches{};
};

inline constexpr std::size_t deepest_choice = 16;
inline constexpr std::size_t longest_pattern = std::size_t{64} << 10;

[[nodiscard]] std::expected<Sequence, PatternError> parse_pattern(std::string_view text);
// As a pattern of ours.
[[nodiscard]] std::string render(const Sequence& sequence);
// Slashes side by side are one.
[[nodiscard]] Sequence join_slashes(Sequence sequence);
// Is UTF-8 without control bytes that TOML could not hold.
[[nodiscard]] bool is_text(std::string_view text);

}  // namespace glacis::import::apparmor
