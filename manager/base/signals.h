// SPDX-License-Identifier: Apache-2.0
// Signals by the names of signal(7), in lower case and without SIG. Numbers are
// those of the kernel's generic table, so that a profile means the same set
// wherever it is compiled.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace glacis {

inline constexpr unsigned highest_signal = 64;
inline constexpr std::uint64_t every_signal = ~std::uint64_t{0};

[[nodiscard]] constexpr std::uint64_t signal_bit(unsigned number) {
  return std::uint64_t{1} << (number - 1);
}

// "term", "rtmin+1", "rtmax-2", or a number from 1 to 64 in digits.
[[nodiscard]] std::optional<unsigned> signal_number(std::string_view word);
// "term" of 15, "rtmin+1" of 35, "32" where there is no name.
[[nodiscard]] std::string signal_name(unsigned number);
// "hup,term" of a set, in the order of numbers.
[[nodiscard]] std::string signals_text(std::uint64_t signals);

// The names, for suggestions.
[[nodiscard]] std::span<const std::string_view> signal_words();

}  // namespace glacis
