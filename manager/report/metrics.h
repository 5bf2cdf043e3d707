// SPDX-License-Identifier: Apache-2.0
// Figures of this host for Prometheus (text format 0.0.4). No label holds a path,
// a pid or anything else of which there is no end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace glacis::report {

struct Figures {
  struct Domain {
    std::string name, image, mode;
    std::uint64_t denied = 0, would_deny = 0, probes = 0, cached = 0;
    std::optional<std::int64_t> loaded;  // seconds since 1970
  };
  struct Refusals {
    std::string domain, klass;
    std::uint64_t count = 0;
  };
  struct Counter {
    std::string place;
    std::uint64_t value = 0;
  };
  struct Map {
    std::string name;
    std::uint64_t used = 0, most = 0;
  };
  struct Program {
    std::string name;
    std::uint64_t runs = 0, nanoseconds = 0;
  };
  struct Log {
    std::uint64_t records = 0;
    std::int64_t signed_at = 0;  // seconds since 1970
  };
  struct Sink {
    std::string name;
    std::uint64_t sent = 0, failed = 0, refused = 0, dropped = 0, waiting = 0;
  };
  struct Notices {
    std::uint64_t told = 0, suppressed = 0, unrouted = 0;
    std::vector<Sink> sinks;
  };

  std::string version;
  bool in_force = false;
  std::vector<Domain> domains;
  std::vector<Refusals> refusals;
  std::vector<Counter> counters;  // of failures, by the place
  std::vector<Map> maps;
  std::vector<Program> programs;
  std::optional<Log> log;
  std::optional<Notices> notices;
};

[[nodiscard]] std::string metrics_text(const Figures& figures);

}  // namespace glacis::report
