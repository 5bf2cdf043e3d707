// SPDX-License-Identifier: Apache-2.0
// Whose process an audit record is of, on the running kernel. A record names a number;
// the process is looked for after the refusal, in this order:
//
//   - It started no later than the record was made, so the number was not given again
//     since: nobody else can have had it in between. (Both clocks are coarse; a number
//     that comes round within 100 ms, or a wall clock that is set meanwhile, is not seen.)
//   - Its label then is that of the moment of looking: after an exec into another domain
//     it is the new one. "exe_now" tells where the program changed.
//   - It is still there after that, or it counts as ended.
//
// Who has ended is told without a domain. The record is of a thread, the label that of
// the process's leader.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "manager/backend/seccomp/policy.h"
#include "manager/daemon/blame.h"
#include "manager/evidence/other.h"
#include "manager/kernel/enforcer.h"

namespace glacis::daemon {

class Tasks {
 public:
  Tasks() : machine_(seccomp::this_machine()) {}

  // Nothing where the record concerns no domain.
  std::optional<evidence::Other> look(audit::Record record);
  // Opens what is pinned ahead of the next record, every few seconds: who waits for that
  // has lost most of those who end soon.
  void get_ready();

 private:
  using Clock = std::chrono::steady_clock;
  struct Filter {
    seccomp::Policy policy;
    std::size_t programs = 0;
  };
  struct Seen {
    evidence::Other what;
    Clock::time_point at;
    std::optional<std::size_t> filters;  // of system calls, that it has
  };

  bool refresh();  // false: too soon after the last
  [[nodiscard]] std::optional<std::uint32_t> label(std::uint32_t pid) const;
  const kernel::Domain* domain(std::uint32_t id);
  void find_process(evidence::Other& other);
  void look_at_process(evidence::Other& other);
  std::optional<OwnFilter> own_filter(const evidence::Other& other);
  const Filter* filter_of(const evidence::InForce& domain);

  seccomp::Machine machine_;
  std::optional<kernel::Enforcer> enforcer_;
  std::map<std::uint32_t, kernel::Domain> domains_;
  std::map<std::array<std::uint8_t, 32>, std::optional<Filter>> filters_;
  std::optional<Seen> seen_;
  std::optional<Clock::time_point> next_refresh_, next_ready_;
};

}  // namespace glacis::daemon
