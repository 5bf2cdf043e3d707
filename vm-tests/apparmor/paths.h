// SPDX-License-Identifier: Apache-2.0
// Paths to ask about: instances of patterns, and what is near them.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "manager/profile/glob.h"

namespace glacis::oracle {

using Random = std::mt19937_64;

struct Path {
  std::string text;  // without a slash at its end
  bool directory = false;

  // As AppArmor compares it.
  [[nodiscard]] std::string theirs() const { return directory && text != "/" ? text + "/" : text; }
};

// A walk can end with it: no empty name, no "." and "..".
[[nodiscard]] bool possible(const std::string& path);

[[nodiscard]] std::string instance(const profile::GlobTokens& tokens, Random& random);
// A character more or less, a component more or less, a sibling.
[[nodiscard]] std::string near(std::string path, Random& random);
// What is there, at most so many.
[[nodiscard]] std::vector<Path> file_system(std::size_t most);

}  // namespace glacis::oracle
