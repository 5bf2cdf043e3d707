// SPDX-License-Identifier: Apache-2.0
// The recorder on the running kernel.
#include <utility>

#include "manager/evidence/recorder.h"
#include "manager/kernel/enforcer.h"

namespace glacis::evidence {
namespace {

class KernelSource : public Source {
 public:
  KernelSource(kernel::Enforcer& enforcer, kernel::Ring ring)
      : enforcer_(enforcer), ring_(std::move(ring)) {}

  kernel::Taken take(const kernel::TakeRecord& each) override { return ring_.take(each); }
  void commit(std::uint64_t end) override { ring_.commit(end); }
  Result<std::uint64_t> last_sequence() override { return enforcer_.last_sequence(); }

 private:
  kernel::Enforcer& enforcer_;
  kernel::Ring ring_;
};

}  // namespace

Result<Drained> drain(kernel::Enforcer& enforcer, Store& store) {
  auto ring = kernel::Ring::open(enforcer.events_fd());
  if (!ring) return std::unexpected(ring.error());
  Context context = here(ring->id());
  const auto domains = enforcer.domains();
  if (!domains) return std::unexpected(domains.error());
  for (const kernel::Domain& domain : *domains) context.domains.emplace(domain.id, domain.name);
  KernelSource source(enforcer, std::move(*ring));
  SourceMaps maps;
  return drain(source, store, context, maps);
}

}  // namespace glacis::evidence
