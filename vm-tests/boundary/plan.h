// SPDX-License-Identifier: Apache-2.0
// Random profiles, and random operations on the tree that they speak of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "manager/sim/simulator.h"

namespace glacis::boundary {

using Random = std::mt19937_64;

// One operation of `glacis-act --operations`.
struct Operation {
  char what = 0;
  std::string first;   // a path, or a port
  std::string second;  // of link and rename
};

struct Plan {
  std::string profile;  // its text
  std::vector<Operation> operations;
};

// `act` may be executed; everything else is about `tree` and UDP on loopback.
[[nodiscard]] Plan make_plan(Random& random, const std::string& name,
                             const std::filesystem::path& act, const std::filesystem::path& tree,
                             unsigned operations);

// What must be granted for the operation: where a step is refused, it fails.
[[nodiscard]] std::vector<sim::Request> requests_of(const Operation& operation);

// Of a link, for each access to the content of a file: to the file by its first name, and by its
// new one.
[[nodiscard]] std::vector<std::pair<sim::Request, sim::Request>> content_requests(
    const Operation& operation);

// The folders and files that a round begins with.
void make_tree(const std::filesystem::path& tree);

}  // namespace glacis::boundary
