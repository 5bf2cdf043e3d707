// SPDX-License-Identifier: Apache-2.0
// The evidence log: one JSON object a line, only ever appended to. An open Store
// holds the log's lock, so that what one command reads from the ring and writes
// to the log is not mixed with another's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>

#include "manager/base/fd.h"
#include "manager/base/result.h"
#include "manager/evidence/record.h"

namespace glacis::evidence {

inline constexpr const char* log_path = "/var/log/glacis/evidence.jsonl";

// What the log's last lines say of one ring.
struct Tail {
  bool known = false;            // some line is of this ring
  std::uint64_t last = 0;        // the highest sequence number recorded, or told as a gap
  std::set<std::uint64_t> seqs;  // of the events among these lines
};

class Store {
 public:
  // Creates the folder (0700) and the file (0600) if they are missing, waits for
  // the lock, and ends a last line that was cut off, with a note. Refuses a log
  // that others could have written.
  static Result<Store> open(const std::filesystem::path& path = log_path,
                            std::chrono::milliseconds patience = std::chrono::seconds(10));

  // All lines or none: what was written of them is taken back on failure.
  Status append(std::span<const std::string> lines);
  // Appended lines survive a stop of the machine.
  Status sync();

  // The last `count` lines of this ring; earlier rings are not searched.
  Result<Tail> tail(const Origin& origin, std::size_t count) const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  Store(Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Status repair();
  Result<std::uint64_t> size() const;

  Fd fd_;
  std::filesystem::path path_;
};

}  // namespace glacis::evidence
