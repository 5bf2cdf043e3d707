// SPDX-License-Identifier: Apache-2.0
// From paths that were seen to path rules. Literal first: a name becomes a
// pattern only for a reason, and never widens an access: what is taken together
// was seen with the same accesses, or is one name at different times.
//
//   1. /proc/PID, and names that the program made itself (or that lie in a folder
//      that it made): numbers, UUIDs, hexadecimal and random parts vary, since it
//      will make others next time.
//   2. Names that differ in such a part only, where enough of them were seen.
//   3. Names in one folder with the same accesses, where enough were seen.
//
// How many are enough depends on the folder (tiers.h), and in a protected one
// none are. Step 1 does not ask the tier but for protected ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace glacis::learn {

struct Settings {
  std::size_t variants = 3;      // names that differ in a number or the like
  std::size_t made = 3;          // siblings that the program makes
  std::size_t siblings = 8;      // siblings that are only read
  std::size_t guarded = 16;      // either, in a guarded folder ...
  std::size_t guarded_runs = 2;  // ... and seen in so many runs
};

struct SeenPath {
  std::string path;
  std::uint32_t access = 0;  // GL_FILE_*
  std::set<std::size_t> runs;
};

struct PathGroup {
  std::string glob;
  std::uint32_t access = 0;
  std::string why;                // nothing for a literal path
  std::vector<std::size_t> from;  // indices of what was given
};

// What it took, to be compared in tests.
struct Work {
  std::size_t steps = 0;
};

// In the order of their globs. Together they cover all that was given.
[[nodiscard]] std::vector<PathGroup> generalise(const std::vector<SeenPath>& seen,
                                                const Settings& settings, Work& work);

}  // namespace glacis::learn
