// SPDX-License-Identifier: Apache-2.0
// The recorder on the running kernel.
#include <utility>

#include "manager/evidence/overflow.h"
#include "manager/evidence/process.h"
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
  Result<std::vector<kernel::Refusal>> refusals() override {
    return kernel::read_refusals(enforcer_.refusals_fd());
  }
  void forget(const kernel::Refusal& one) override {
    kernel::forget_refusal(enforcer_.refusals_fd(), one.key);
  }

 private:
  kernel::Enforcer& enforcer_;
  kernel::Ring ring_;
};

}  // namespace

Result<Drained> drain(kernel::Enforcer& enforcer, Store& store, Told* told) {
  auto ring = kernel::Ring::open(enforcer.events_fd());
  if (!ring) return std::unexpected(ring.error());
  Context context = here(ring->id());
  context.containers.emplace();
  const auto domains = enforcer.domains();
  if (!domains) return std::unexpected(domains.error());
  for (const kernel::Domain& domain : *domains) {
    context.domains.emplace(domain.id, domain.name);
    context.in_force.push_back(
        {domain.name, domain.id, domain.generation, domain.mode, domain.digest});
  }
  KernelSource source(enforcer, std::move(*ring));
  SourceMaps maps;
  const Overflow overflow;
  Processes processes;
  return drain(source, store, context, maps, {&overflow, &processes, told});
}

}  // namespace glacis::evidence
