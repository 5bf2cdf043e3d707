// SPDX-License-Identifier: Apache-2.0
// From paths that were seen to path rules. Literal first: a name becomes a
// pattern only for a reason, and never widens an access: what is taken together
// was seen with the same accesses, or is one name at different times; but for 0.
//
//   0. Folders in which it keeps its own state (own.h) are one pattern each, for files
//      of its own user; the accesses that were seen there are granted together.
//   1. /proc/PID, /dev/pts/N, and names that the program made itself (or that lie in a folder
//      that it made): numbers, UUIDs, hexadecimal and random parts vary, since it
//      will make others next time.
//      So do names that it makes and takes away again (temporary.h).
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

#include "lsm/abi/access.h"

namespace glacis::learn {

struct Settings {
  std::size_t variants = 3;      // names that differ in a number or the like
  std::size_t made = 3;          // siblings that the program makes
  std::size_t siblings = 8;      // siblings that are only read
  std::size_t guarded = 16;      // either, in a guarded folder ...
  std::size_t guarded_runs = 2;  // ... and seen in so many runs
  std::size_t own_branches = 4;  // of a folder of its own, with names that it makes ...
  std::size_t own_runs = 2;      // ... and in so many runs
};

// Accesses by which a name comes to be.
inline constexpr std::uint32_t making_accesses = GL_FILE_CREATE | GL_FILE_MKDIR | GL_FILE_MKNOD |
                                                 GL_FILE_SYMLINK | GL_FILE_LINK | GL_FILE_UNIX_BIND;

// What is run or mapped as code is named: others like it say nothing of it.
inline constexpr std::uint32_t code_accesses =
    GL_FILE_EXECUTE | GL_FILE_INTERPRET | GL_FILE_TRANSITION | GL_FILE_MAP_EXEC;

struct SeenPath {
  std::string path;
  std::uint32_t access = 0;  // GL_FILE_*
  std::set<std::size_t> runs;
  bool own = false;  // always a file of the program's own user, who is not root
};

struct PathGroup {
  std::string glob;
  std::uint32_t access = 0;
  std::string why;                // nothing for a literal path
  std::vector<std::size_t> from;  // indices of what was given
  bool own = false;               // for files of the program's own user alone
};

// What it took, to be compared in tests.
struct Work {
  std::size_t steps = 0;
};

// In the order of their globs. Together they cover all that was given.
[[nodiscard]] std::vector<PathGroup> generalise(const std::vector<SeenPath>& seen,
                                                const Settings& settings, Work& work);

}  // namespace glacis::learn
