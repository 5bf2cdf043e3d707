// SPDX-License-Identifier: Apache-2.0
// What /proc says of a process, read when its refusal is recorded, which is soon
// after it and not within it. All of it is a hint: the process chose its arguments
// and its directory, and may have executed another program since. Which process it
// is, is no hint: its start is compared.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

namespace glacis::evidence {

// Nanoseconds since boot as /proc/PID/stat shows a start, so that the two can be
// compared.
[[nodiscard]] std::uint64_t clock_ticks(std::uint64_t nanoseconds);

// When the process of this folder of /proc started, as its stat file has it.
[[nodiscard]] std::optional<std::uint64_t> start_of(int folder);

class Processes {
 public:
  using Json = nlohmann::ordered_json;

  // `patience`: how long the arguments of one process are waited for, which lie in its
  // memory; those of all, five times that.
  explicit Processes(std::filesystem::path proc = "/proc",
                     std::chrono::milliseconds patience = std::chrono::milliseconds(200))
      : proc_(std::move(proc)), patience_(patience), left_(5 * patience) {}

  // {"argv": [...], "cwd", "login_uid", "session", "tty", "unit", "program", "ancestry"},
  // each null where it can't be read; null where the process is gone. `start` as in the
  // stat file. Read once for a process, and for no more than `most` of them.
  [[nodiscard]] const Json& find(std::uint32_t tgid, std::uint64_t start);

  // The line of a record with the member "process".
  [[nodiscard]] std::string told(std::string line, std::uint32_t tgid, std::uint64_t start);

  static constexpr std::size_t most = 512;
  static constexpr std::size_t most_ancestors = 16;

 private:
  [[nodiscard]] Json read(std::uint32_t tgid, std::uint64_t start);
  [[nodiscard]] Json arguments(int folder);
  [[nodiscard]] const Json& program(int folder, std::uint64_t pid, std::uint64_t start);
  // Parents, the nearest first: {"pid", "start", "exe", "sha256", "build_id"}.
  [[nodiscard]] Json ancestry(std::uint64_t parent, std::uint64_t start);

  std::filesystem::path proc_;
  std::chrono::milliseconds patience_;
  std::chrono::nanoseconds left_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Json> known_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Json> programs_;
};

}  // namespace glacis::evidence
