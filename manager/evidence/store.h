// SPDX-License-Identifier: Apache-2.0
// The evidence log: one JSON object a line, chained by hash (chain.h), only ever
// appended to. An open Store holds the log's lock, so that what one command reads
// from the ring and writes to the log is not mixed with another's.
//
// What append() wrote is durable after sync(), which calls fdatasync(2) and then
// replaces the checkpoint beside the log. Every batch is synced before it leaves
// the kernel's ring.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "manager/base/fd.h"
#include "manager/base/result.h"
#include "manager/evidence/header.h"
#include "manager/evidence/keys.h"
#include "manager/evidence/record.h"

namespace glacis::evidence {

inline constexpr const char* log_path = "/var/log/glacis/evidence.jsonl";

// What the log's last lines say of one ring.
struct Tail {
  bool known = false;            // some line is of this ring
  std::uint64_t last = 0;        // the highest sequence number recorded, or told as a gap
  std::set<std::uint64_t> seqs;  // of the events among these lines
  std::optional<Origin> newest;  // the ring of the last line that has one
  struct Beat {
    std::string state;
    std::int64_t clock_offset = 0, uptime = 0;
  };
  std::optional<Beat> beat;  // the last heartbeat, if it is of this ring
};

struct Where {
  Where() = default;
  // Elsewhere the keys lie beside the log.
  Where(std::filesystem::path file) : log(std::move(file)), keys(log.parent_path() / "keys") {}

  std::filesystem::path log = log_path;
  std::filesystem::path keys = keys_folder;
  // A segment is ended once it is so large, or so old: both bound what a key signs.
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  std::chrono::seconds segment_age = std::chrono::hours(24);
};

class Store {
 public:
  // Creates the folder (0700) and the file (0600) if they are missing, waits for
  // the lock, and ends a last line that was cut off, with a note. Refuses a log
  // that others could have written. What is there and is no chain is set aside.
  static Result<Store> open(const Where& where = {},
                            std::chrono::milliseconds patience = std::chrono::seconds(10));

  // All lines or none: what was written of them is taken back on failure. Each
  // becomes canonical and a link of the chain.
  Status append(std::span<const std::string> lines);
  // Appended lines survive a stop of the machine.
  Status sync();

  // The last `count` lines of this ring; earlier rings are not searched.
  Result<Tail> tail(const Origin& origin, std::size_t count) const;

  [[nodiscard]] bool rotation_due() const;
  // Ends the segment: what is recorded from here on is signed by another key. What
  // the kernel's ring holds must be recorded and committed.
  Status rotate();

  [[nodiscard]] const std::filesystem::path& path() const { return where_.log; }
  [[nodiscard]] const Header& header() const { return header_; }
  [[nodiscard]] const Position& position() const { return position_; }
  // Why the log is not signed, or its segments are not compressed.
  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }

 private:
  Store(Fd fd, Where where) : fd_(std::move(fd)), where_(std::move(where)) {}

  Status load();
  Status load_chain();
  void need_keys();
  Status add(std::span<const std::string> lines);
  Status repair(std::uint64_t good);
  Status set_aside();
  Status follow_earlier(Header header);
  Status follow_ring(Header& header) const;
  Status adopt_key();
  Status note_shortened();
  // Puts a new file with this header in the log's place.
  Status begin(Header header);
  Status archive(std::uint64_t number, bool unchained);
  void compress_earlier();
  [[nodiscard]] Canonical checkpoint_record(const Position& at) const;

  Status write(std::string_view bytes);
  Result<std::uint64_t> size() const;

  Fd fd_;
  Where where_;
  Header header_;
  Position position_;
  bool asked_for_keys_ = false;
  std::optional<Keys> keys_;
  std::optional<Error> trouble_;
};

// Where the newest signed note of a log is kept.
[[nodiscard]] std::filesystem::path checkpoint_path(const std::filesystem::path& log);

}  // namespace glacis::evidence
