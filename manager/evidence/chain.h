// SPDX-License-Identifier: Apache-2.0
// Records as links of a chain. A line of the log is canonical JSON: keys sorted
// by their bytes, no blanks, integers only and in decimal, strings with the
// escapes of RFC 8785. (Integers beyond 2^53 keep their digits, where RFC 8785
// would round them.) Its member "chain" is {n, prev, this}: n counts records from
// 0, through all segments; prev is the hash of record n-1, zeros for the first;
// this is the hash of the record itself:
//   BLAKE2b-256("glacis.chain/1\n" + the canonical record without "this")
// Hashes are 64 hexadecimal digits.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "manager/image/view.h"

namespace glacis::evidence {

using Hash = image::Digest;
// Sorted by key, unlike Json.
using Canonical = nlohmann::json;

// Records so far, and the hash of the last.
struct Position {
  std::uint64_t count = 0;
  Hash head{};

  friend bool operator==(const Position&, const Position&) = default;
};

struct Chained {
  Canonical record;
  std::uint64_t number = 0;
  Hash prev{}, own{};

  [[nodiscard]] Position before() const { return {number, prev}; }
  [[nodiscard]] Position after() const { return {number + 1, own}; }
};

[[nodiscard]] std::string canonical(const Canonical& json);
[[nodiscard]] Hash hash_bytes(std::string_view bytes);
[[nodiscard]] std::optional<Hash> parse_hash(std::string_view hex);

// An object that is not deeper than a record, so that a line can't exhaust the
// stack.
[[nodiscard]] std::optional<Canonical> parse_canonical(std::string_view line);

// The record's line, without its end; moves `at` on.
[[nodiscard]] std::string chained(Canonical record, Position& at);

// A line by itself: canonical, and its hash is that of its bytes. Else why not, as
// in "this line ...".
[[nodiscard]] std::expected<Chained, std::string> read_chained(std::string_view line);

}  // namespace glacis::evidence
