// SPDX-License-Identifier: Apache-2.0
// What a domain was seen to do, run by run. A behaviour is a request as the core
// decides it, by one executable; what a request says of numbers that change
// from run to run is kept as it was seen. Everything else in this folder is a
// pure function of a Recording.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manager/base/result.h"
#include "manager/sim/simulator.h"

namespace glacis::learn {

// One stretch of watching, on one host.
struct Run {
  std::string token;  // 32 hex digits: the same run is never merged twice
  std::string host, machine, kernel;
  std::string what;          // the command, pid or unit that was watched
  std::int64_t started = 0;  // nanoseconds since 1970
  std::int64_t ended = 0;    // 0: not ended
  std::uint64_t lost = 0;    // records that the ring had no room for
  // What was seen and cannot become a rule: why, and how often.
  std::map<std::string, std::uint64_t> unlearned;
  // Digests of the programs that were seen in it, where they could be read.
  std::map<std::string, std::string> programs;
  // Rules of the profile that it was watched under, whose use is not recorded; -1: unknown.
  std::int64_t rules = -1;

  friend bool operator==(const Run&, const Run&) = default;
};

struct Sighting {
  std::size_t run = 0;  // index of Recording::runs
  std::uint64_t count = 0;
  std::int64_t first = 0, last = 0;  // nanoseconds since 1970

  friend bool operator==(const Sighting&, const Sighting&) = default;
};

struct Behaviour {
  sim::Request request;
  std::string exe;             // bytes that a process chose
  std::vector<Sighting> seen;  // by run, each once, never empty

  friend bool operator==(const Behaviour&, const Behaviour&) = default;
};

struct Recording {
  std::string name;  // of the profile
  std::vector<Run> runs;
  std::vector<Behaviour> behaviours;

  friend bool operator==(const Recording&, const Recording&) = default;
};

[[nodiscard]] std::uint64_t count_of(const Behaviour& behaviour);
[[nodiscard]] std::int64_t first_seen(const Behaviour& behaviour);
[[nodiscard]] std::int64_t last_seen(const Behaviour& behaviour);

// Records are missing, so that what was done and not recorded is unknown.
[[nodiscard]] bool incomplete(const Recording& recording);

// Runs of `from` that are not in `into` yet, and what was seen in them. An
// error where they are of different profiles.
[[nodiscard]] Status merge(Recording& into, const Recording& from);

}  // namespace glacis::learn
