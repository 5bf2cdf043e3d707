// SPDX-License-Identifier: Apache-2.0
// Grants that nothing was seen to need. Only runs count that were watched under a
// profile without grants: what a grant covers is not recorded, so that of other
// runs its use is not known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "manager/learn/recording.h"
#include "manager/profile/model.h"

namespace glacis::learn {

struct UnusedGrant {
  std::string place;      // "web.toml:12"; bytes of a path
  std::string rule;       // in words; bytes of the profile
  std::int64_t last = 0;  // nanoseconds since 1970; 0: never
};

struct Unused {
  std::size_t grants = 0;             // of the profile, without its abstractions
  std::size_t runs = 0, skipped = 0;  // that count, and that do not
  std::vector<UnusedGrant> unused;
};

// When each rule of a profile was last needed by a run that counts, by its id; a rule that
// is not there was needed by none.
struct Uses {
  std::size_t runs = 0, skipped = 0;
  std::map<std::uint32_t, std::int64_t> last;  // nanoseconds since 1970
};
[[nodiscard]] Result<Uses> uses_of(const Recording& recording,
                                   const profile::ResolvedProfile& profile);

// Since a time, in nanoseconds since 1970. An error where no run that counts ended
// after it: then nothing can be said.
[[nodiscard]] Result<Unused> unused_of(const Recording& recording,
                                       const profile::ResolvedProfile& profile, std::int64_t since);

}  // namespace glacis::learn
