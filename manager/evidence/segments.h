// SPDX-License-Identifier: Apache-2.0
// The files of a log. evidence.jsonl is written to; evidence.000001.jsonl is what
// it was before it was rotated, .zst once compressed. What was found in the log's
// place without being a chain is kept as evidence.000001.unchained.jsonl, where
// the number is that of the segment which followed and whose header has its hash.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "manager/evidence/chain.h"
#include "manager/evidence/lines.h"

namespace glacis::evidence {

struct Segment {
  std::filesystem::path path;
  std::uint64_t number = 0;  // 0: the one written to, which has its number inside
  bool unchained = false;
  bool compressed = false;
};

[[nodiscard]] std::filesystem::path segment_path(const std::filesystem::path& log,
                                                 std::uint64_t number, bool unchained);

// The oldest first; the log itself last, and only if it is there. A file that is
// there twice (rotation or compression was interrupted) is named once.
[[nodiscard]] Result<std::vector<Segment>> segments_of(const std::filesystem::path& log);

[[nodiscard]] Status read_segment(const Segment& segment, const EachLine& each);
// Of its bytes, decompressed.
[[nodiscard]] Result<Hash> hash_segment(const Segment& segment, std::uint64_t& bytes);

// Replaces the file by one with .zst.
[[nodiscard]] Status compress(const Segment& segment);

}  // namespace glacis::evidence
