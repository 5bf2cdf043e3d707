// SPDX-License-Identifier: Apache-2.0
// Names that a program makes and takes away again: a file that is written and then
// renamed to what it is for, a lock, a spool of an upload. Whoever makes one draws a
// part of its name by chance, as mkstemp(3) and tempfile do, and letters drawn by
// chance may look like a word. What shows it is several of them in one folder, which
//   - were made, and renamed or removed, and used alike in all else;
//   - are as long as each other, and begin and end alike (or begin in no way alike, are
//     drawn as a whole, and are files of the program's own user);
//   - differ in at least six letters, digits or underscores in between.
// The pattern is what they have in common, and one `?` for each letter of the rest.
#pragma once

#include <string>
#include <vector>

#include "manager/learn/generalise.h"

namespace glacis::learn {

// By index of `seen`: the pattern of the last name, or nothing.
[[nodiscard]] std::vector<std::string> temporary_names(const std::vector<SeenPath>& seen,
                                                       const Settings& settings, Work& work);

}  // namespace glacis::learn
