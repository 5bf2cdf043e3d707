// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/guard.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "manager/kernel/enforcer.h"

namespace glacis::daemon {
namespace {

std::string some(const std::vector<std::string>& names) {
  constexpr std::size_t most = 4;
  if (names.size() <= most) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{}, and {} more", fmt::join(names.begin(), names.begin() + most, ", "),
                     names.size() - most);
}

// Nothing loaded is nothing to guard.
std::string problem_of(const kernel::Enforcer& enforcer) {
  const auto names = enforcer.names();
  if (!names) return names.error().what;
  if (names->empty()) return {};
  const auto runs = enforcer.canary();
  if (!runs) return runs.error().what;
  if (!*runs)
    return "NOTHING IS ENFORCED: an act that must be refused was not, so no hook runs; look at "
           "kernel.ftrace_enabled";
  const auto guard = enforcer.guard();
  if (!guard) return guard.error().what;
  return guard->missing.empty() ? ""
                                : "hooks that are needed are not attached: " + some(guard->missing);
}

}  // namespace

// A manager that is busy gets the rest the next time.
void GuardWatch::hand_over(const kernel::Holder::Changes& changes) {
  for (const std::string& name : changes.dropped) to_keep_.erase(name);
  to_forget_.insert(changes.dropped.begin(), changes.dropped.end());
  while (!to_forget_.empty() && notify_.forget(*to_forget_.begin()))
    to_forget_.erase(to_forget_.begin());
  to_keep_.insert(changes.taken.begin(), changes.taken.end());
  while (!to_keep_.empty()) {
    const std::string& name = *to_keep_.begin();
    notify_.forget(name);
    if (!notify_.keep(name, holder_.descriptor(name))) return;
    to_keep_.erase(to_keep_.begin());
  }
}

GuardWatch::Found GuardWatch::look() {
  Found out;
  const auto changes = holder_.refresh();
  if (!changes) {
    out.problem = changes.error().what;
    return out;
  }
  hand_over(*changes);
  if (!changes->restored.empty()) out.restored = some(changes->restored);
  const auto enforcer = kernel::Enforcer::open();
  if (!enforcer)
    out.problem = enforcer.error().what;
  else if (*enforcer)
    out.problem = problem_of(**enforcer);
  if (!changes->lost.empty())
    out.problem =
        fmt::format("pins are gone and can't be put back, only this process keeps them: {}",
                    some(changes->lost));
  return out;
}

}  // namespace glacis::daemon
