// SPDX-License-Identifier: Apache-2.0
// From the kernel's ring to the log. A record leaves the ring only once it is
// saved in the log; one that was saved already (the last command stopped in
// between) is not written twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "manager/base/result.h"
#include "manager/evidence/maps.h"
#include "manager/evidence/record.h"
#include "manager/evidence/store.h"
#include "manager/kernel/refusals.h"
#include "manager/kernel/ring.h"

namespace glacis::kernel {
class Enforcer;
}

namespace glacis::evidence {

class Overflow;
class Processes;
class Told;

// Where events come from.
class Source {
 public:
  virtual ~Source() = default;
  virtual kernel::Taken take(const kernel::TakeRecord& each) = 0;
  virtual void commit(std::uint64_t end) = 0;
  // The highest number that was given to an event.
  virtual Result<std::uint64_t> last_sequence() = 0;
  // What the kernel counted of each key; a slot that is forgotten is free again.
  virtual Result<std::vector<kernel::Refusal>> refusals() { return std::vector<kernel::Refusal>(); }
  virtual void forget(const kernel::Refusal& /*one*/) {}
};

struct Drained {
  std::size_t events = 0;     // recorded now
  std::size_t undecoded = 0;  // recorded as not understood
  std::size_t known = 0;      // in the log already
  std::uint64_t lost = 0;     // told as lost now
  // What is recorded all the same: it waits for room, is not signed, or its
  // segment not ended.
  std::optional<Error> trouble;
  bool unwritten = false;  // the log could not be written: what it should hold waits
};

// What helps, where it is there.
struct Beside {
  const Overflow* overflow = nullptr;  // where records wait while the log can't be written
  Processes* processes = nullptr;      // what /proc says of a process is added
  Told* told = nullptr;                // counts that are in the log; without it all are told again
};

// The store's lock makes this safe beside other commands.
Result<Drained> drain(Source& source, Store& store, const Context& context, SourceMaps& maps,
                      const Beside& beside = {});

// All events of the running kernel up to now. On an error nothing left the ring.
Result<Drained> drain(kernel::Enforcer& enforcer, Store& store, Told* told = nullptr);

}  // namespace glacis::evidence
