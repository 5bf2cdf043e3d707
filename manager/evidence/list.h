// SPDX-License-Identifier: Apache-2.0
// Reading the log. What can't be understood is told by its line and passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/evidence/grade.h"
#include "manager/evidence/record.h"
#include "manager/evidence/store.h"

namespace glacis::kernel {
class Enforcer;
}

namespace glacis::evidence {

struct Query {
  std::optional<std::string> domain;       // gaps are listed whatever the domain
  std::optional<Grade> grade;              // as strong, or stronger
  std::optional<std::uint64_t> since_seq;  // this number and later ones, of the newest ring
  std::optional<std::size_t> last;         // only so many, the newest
};

// What the kernel still counts: refusals that were the same as a record's.
struct Live {
  Origin origin;
  std::int64_t clock_offset = 0;
  struct Count {
    std::uint64_t count = 0;  // further ones
    std::uint64_t last = 0;   // CLOCK_BOOTTIME, nanoseconds
  };
  std::map<std::uint64_t, Count> repeats;  // by sequence number
};
Result<Live> live(const kernel::Enforcer& enforcer);

struct Entry {
  std::string file;  // of the segment
  std::uint64_t line = 0;
  // Added are "repeats" where the kernel counts some, and "key" of the first of a kind of which
  // there were more: what the log's newest line says of it (counts.h).
  nlohmann::ordered_json record;
};

struct Problem {
  std::string file;
  std::uint64_t line = 0;
  std::string what;
};

struct Listing {
  std::deque<Entry> entries;  // oldest first
  std::vector<Problem> problems;
};

// All segments, as far as they are there; a log that does not exist has no entries. `counts` may be
// null.
Result<Listing> read_log(const std::filesystem::path& path, const Query& query, const Live* counts);

// Records of one ring, in the order of the log; what can't be understood is passed over. Nothing
// is kept, however long the log is.
struct OfRing {
  Origin origin;
  std::string domain;  // gaps are told whatever the domain
  std::uint64_t known =
      0;  // of refusals up to this number only those that the kernel counted again
};
using EachRecord = std::function<void(const nlohmann::ordered_json&)>;
Status each_record(const std::filesystem::path& path, const OfRing& wanted, const Live* counts,
                   const EachRecord& each);

// The newest record with this number. If it was lost, the error says so.
Result<Entry> find_record(const std::filesystem::path& path, std::uint64_t seq, const Live* counts);

// How a person names a record: 88121, or n4711 where the ring gave it no number and only
// the chain has one (other.h).
struct Name {
  bool chain = false;
  std::uint64_t number = 0;
};
[[nodiscard]] std::optional<Name> parse_name(std::string_view text);
Result<Entry> find_record(const std::filesystem::path& path, const Name& name, const Live* counts);

}  // namespace glacis::evidence
