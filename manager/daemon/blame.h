// SPDX-License-Identifier: Apache-2.0
// Who refused what the kernel's audit stream tells of: the profile of the process, or
// somebody else. Pure: what is known of the process comes with the record.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "manager/backend/seccomp/answer.h"
#include "manager/evidence/other.h"

namespace glacis::daemon {

// The filter that `glacis run` installs for a domain, of its image as it is now.
struct OwnFilter {
  const seccomp::Policy* policy = nullptr;
  seccomp::Machine machine;
  std::size_t programs = 0;  // of which the filter is made
  // Those that the process has; nothing where it can't be read.
  std::optional<std::size_t> installed;
};

// Fills in verdict, call and rule. A filter that is kept from before a reload answers by
// its own image, and any other filter can refuse the same: so what is sure of a call is
// only that this profile refuses it too.
void blame_call(evidence::Other& other, const std::optional<OwnFilter>& own);

// `named`: the domains of ours that AppArmor's profile is of. False: nothing that was
// refused, or nothing of a domain.
[[nodiscard]] bool blame_apparmor(evidence::Other& other, const std::vector<std::string>& named);

}  // namespace glacis::daemon
