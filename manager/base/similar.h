// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the nearest of the words that would have been right.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace glacis {

// Insertions, deletions, replacements and swaps of neighbours. Answers
// `bound + 1` as soon as the distance is known to exceed the bound.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t bound);

// The nearest word, if it is near enough to be what was meant.
[[nodiscard]] std::optional<std::string_view> closest(std::string_view word,
                                                      std::span<const std::string_view> words);

}  // namespace glacis
