// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "vm-tests/runner/session.h"

namespace glacis::scenario {

// Counts what came out, prints a line for each, and in the end a summary.
class Reporter {
 public:
  void add(const Report& report);
  // Last line: "N passed, N failed".
  void summary() const;
  [[nodiscard]] Status write_json(const std::filesystem::path& path) const;
  [[nodiscard]] bool all_passed() const { return failed_ == 0; }

 private:
  std::vector<Report> reports_;
  int passed_ = 0;
  int failed_ = 0;
  int skipped_ = 0;
};

}  // namespace glacis::scenario
