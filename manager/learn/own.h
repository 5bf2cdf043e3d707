// SPDX-License-Identifier: Apache-2.0
// Folders in which a program keeps its own state, as a database does. Which of its
// files it opens, and how, is its own affair and changes from day to day: after a
// crash it may open all of them for writing, and a backup reads all. Names seen one
// by one never come to an end there. What shows that a folder is one:
//   - it makes names directly in it and in folders below, in so many of its branches
//     that no single use of a folder does (Settings::own_branches), and in more runs
//     than one;
//   - all that it used there belonged to its own user, who is not root;
//   - it runs nothing there, and maps nothing as code;
//   - no folder there, nor it itself, is guarded or kept (tiers.h).
// What is granted there holds for files of its own user alone.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manager/learn/generalise.h"

namespace glacis::learn {

// The uppermost ones, each with its branches in which names were made.
using OwnFolders = std::map<std::string, std::size_t, std::less<>>;

[[nodiscard]] OwnFolders own_folders(const std::vector<SeenPath>& seen, const Settings& settings,
                                     Work& work);

// The folder that holds this path, or is it; the end where none does.
[[nodiscard]] OwnFolders::const_iterator holder_of(const OwnFolders& folders,
                                                   std::string_view path);

}  // namespace glacis::learn
