// SPDX-License-Identifier: Apache-2.0
// Whether a log is what was written. Every line must be a link of one chain from
// record 0 on, through all segments; a checkpoint, signed by the key of its
// segment, then proves every record before it that the links reach. A chain alone
// proves nothing against somebody who writes a new one: what no checkpoint covers
// is called not proven, and what was cut off behind the last checkpoint that the
// reader knows of can't be noticed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/evidence/note.h"

namespace glacis::evidence {

// What the reader knows from elsewhere.
struct Expected {
  std::vector<PublicKey> keys;           // none: those that the log itself names
  std::vector<Note> checkpoints;         // besides the one beside the log
  std::optional<std::uint64_t> records;  // there were at least so many
};

struct Finding {
  std::string file;
  std::uint64_t line = 0;               // 0: of the file, or of the log
  std::optional<std::uint64_t> record;  // its number in the chain
  std::string what;
};

// Records first..last are linked and, if `checkpoint` is there, proven up to
// checkpoint->position.count - 1.
struct Run {
  std::uint64_t first = 0, last = 0;
  std::optional<Checkpoint> checkpoint;
  std::optional<PublicKey> key;
};

struct Verified {
  struct File {
    std::string name;
    std::uint64_t segment = 0, records = 0;
    std::optional<std::uint64_t> first, last;
  };
  std::string log;
  std::vector<File> files;
  std::vector<Run> runs;
  std::vector<Finding> findings;  // the chain is broken, or a checkpoint does not hold
  std::vector<Finding> notes;     // nothing is wrong, but worth knowing
  std::uint64_t more_findings = 0;
  std::uint64_t records = 0;
  Hash head{};
  bool trusted = false;  // the keys were compared with `Expected::keys`

  [[nodiscard]] bool intact() const { return findings.empty(); }
};

[[nodiscard]] Result<Verified> verify_log(const std::filesystem::path& log,
                                          const Expected& expected);

[[nodiscard]] std::string verified_text(const Verified& verified);
[[nodiscard]] nlohmann::ordered_json verified_json(const Verified& verified);

}  // namespace glacis::evidence
