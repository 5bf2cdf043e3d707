// SPDX-License-Identifier: Apache-2.0
// The first record of every segment, glacis.header/1: which log this is, which
// key signs from here on, and what came before. "key" is certified by the key of
// the segment before it, over the place in the chain where it takes over; the
// first segment's key has nobody before it, and is what a reader must know from
// elsewhere. "old" is what lay in the log's place without being a chain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "manager/evidence/chain.h"
#include "manager/evidence/note.h"
#include "manager/evidence/record.h"

namespace glacis::evidence {

struct Header {
  struct Old {
    std::string file;
    std::uint64_t bytes = 0;
    Hash hash{};
  };
  std::string log;
  std::uint64_t segment = 1;
  std::int64_t started = 0;  // seconds since 1970
  std::optional<PublicKey> key;
  std::optional<Signature> certificate;
  std::optional<Old> old;
  // Of the ring whose records the segment before ended with.
  std::optional<Origin> ring;
  std::uint64_t last = 0;
};

[[nodiscard]] Canonical header_record(const Header& header, const Context& context);
// None where the record is no header, or its members are not what they must be.
[[nodiscard]] std::optional<Header> parse_header(const Canonical& record);

// What the key of the segment before signs.
[[nodiscard]] std::string certificate_text(const Header& header, const Position& before);

}  // namespace glacis::evidence
