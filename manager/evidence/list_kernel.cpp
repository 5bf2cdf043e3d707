// SPDX-License-Identifier: Apache-2.0
// The counts of the running kernel.
#include "manager/evidence/list.h"
#include "manager/kernel/enforcer.h"
#include "manager/kernel/repeats.h"
#include "manager/kernel/ring.h"

namespace glacis::evidence {

Result<Live> live(const kernel::Enforcer& enforcer) {
  const auto ring = kernel::Ring::open(enforcer.events_fd());
  if (!ring) return std::unexpected(ring.error());
  const auto repeats = kernel::read_repeats(enforcer.repeats_fd());
  if (!repeats) return std::unexpected(repeats.error());
  const Context context = here(ring->id());
  Live out{context.origin, context.clock_offset, {}};
  for (const kernel::Repeats& entry : *repeats) {
    out.repeats[entry.value.seq] = {entry.value.count, entry.value.last};
  }
  return out;
}

}  // namespace glacis::evidence
