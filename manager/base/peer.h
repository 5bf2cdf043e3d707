// SPDX-License-Identifier: Apache-2.0
// How rules about other tasks name a profile: struct gl_peer of the image, and
// the number that the loader writes beside a domain's name, must be the same.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace glacis {

// Words that stand where a profile's name could, and so are no such name.
inline constexpr std::array<std::string_view, 3> peer_words = {"self", "unconfined", "any"};
[[nodiscard]] bool is_peer_word(std::string_view word);

// A profile's name as a number: the first 8 bytes of its BLAKE2b-256, lowest
// first. Never one of the numbers below GL_PEER_NAMED, which are words.
[[nodiscard]] std::uint64_t name_number(std::string_view profile);

// One of the words, or a profile's name.
[[nodiscard]] std::uint64_t peer_number(std::string_view peer);

}  // namespace glacis
