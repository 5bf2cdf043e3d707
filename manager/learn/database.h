// SPDX-License-Identifier: Apache-2.0
// A recording on disk: one SQLite file a profile, with a write-ahead log. What
// one call wrote is there after a crash, and what was half written is not. A
// file that is damaged, or of a later version, is an error and never repaired; one of
// an earlier version becomes one of this, with nothing lost.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "manager/learn/observe.h"
#include "manager/learn/recording.h"

struct sqlite3;

namespace glacis::learn {

inline constexpr const char* recordings_folder = "/var/lib/glacis/learn";

// <folder>/<name>.db
[[nodiscard]] std::filesystem::path recording_path(std::string_view name);

// What a run that goes on is about: which records of the log are its own.
struct Watch {
  std::int64_t run = 0;  // the database's number
  std::string boot;
  std::uint64_t ring = 0, from = 0;  // records after this number
  std::int64_t watcher = 0;          // process that moves records meanwhile; 0: none
  bool stop = false;                 // it was asked to end
};

class Database {
 public:
  // Creates the folder (0700) and the file (0600) if they are missing.
  static Result<Database> create(const std::filesystem::path& path, std::string_view name);
  static Result<Database> open(const std::filesystem::path& path);

  Result<Recording> read() const;

  // The run that goes on, if there is one.
  Result<std::optional<Watch>> watch() const;
  Result<Watch> begin(const Run& run, const Watch& watch);
  Status ask_to_stop(const Watch& watch);
  // All of them or none. Records that are known already only get their counts.
  Status record(const Watch& watch, std::span<const Observation> observations, std::uint64_t lost);
  // The highest number of a record that the run has; 0: none.
  Result<std::uint64_t> last_record(const Watch& watch) const;
  Status end(const Watch& watch, std::int64_t when);
  // Programs that were seen in the run, and their digests.
  Result<std::vector<std::string>> programs(const Watch& watch) const;
  Status identify(const Watch& watch, const std::string& exe, const std::string& digest);

  // Runs that are not here yet, with what was seen in them.
  Status add(const Recording& other);

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  explicit Database(std::unique_ptr<sqlite3, Close> handle) : handle_(std::move(handle)) {}

  static Result<Database> connect(const std::filesystem::path& path);
  Status check(const std::filesystem::path& path) const;
  Status bring_forward();
  Status add_program(std::int64_t run, const std::string& exe, const std::string& digest);
  Result<std::int64_t> add_run(const Run& run, const Watch& watch);

  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace glacis::learn
