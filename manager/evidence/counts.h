// SPDX-License-Identifier: Apache-2.0
// What the kernel counted of each key (lsm/abi/refusal.h), as lines of the log, and the
// first of a key where the ring had no room for it.
//   glacis.count/1   seq: the record of the first of a key; count: refusals of that key up to
//                    now, the first included; rest: of all kinds that found no slot; objects: of
//                    those, how many objects have records of their own; distinct: objects in all,
//                    an estimate beyond 64; first, last
// The newest line of a key holds; nothing is taken back by a later one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manager/base/result.h"
#include "manager/evidence/record.h"
#include "manager/kernel/refusals.h"

namespace glacis::evidence {

inline constexpr std::string_view count_schema = "glacis.count/1";

// How many objects a key had: exact as long as each has a record.
[[nodiscard]] std::uint64_t distinct_objects(const gl_refusal& refusal);

// The first of a key without what only the ring has: its executable's path, its ancestry,
// and of the object's path all but the last name. Nothing: it is being written.
[[nodiscard]] std::optional<Event> first_of(const kernel::Refusal& refusal);

[[nodiscard]] std::string count_line(const kernel::Refusal& refusal, const Context& context);

// What was told already, so that only what changed is told again.
class Told {
 public:
  // Lines for keys that were refused again since.
  [[nodiscard]] std::vector<std::string> lines(const std::vector<kernel::Refusal>& refusals,
                                               const Context& context);

 private:
  using Counts = std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t>;
  Counts counts_;  // by ring and seq
};

// Whether the key's image is in force still, so that its slot is needed.
[[nodiscard]] bool counts_on(const kernel::Refusal& refusal, const Context& context);

}  // namespace glacis::evidence
