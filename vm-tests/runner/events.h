// SPDX-License-Identifier: Apache-2.0
// Which records of a domain are new. The kernel counts a refusal that is the
// same as an earlier one: then that record's count grew, which is as good.
#pragma once

#include <map>
#include <vector>

#include "vm-tests/runner/expect.h"

namespace glacis::scenario {

class Events {
 public:
  void forget() { seen_.clear(); }
  // What is in `records` is old from now on.
  void remember(const std::vector<Json>& records);
  // Those that are not, or that were repeated since.
  [[nodiscard]] std::vector<Json> fresh(const std::vector<Json>& records) const;

 private:
  std::map<long, long> seen_;  // number of a record: its repeats
};

}  // namespace glacis::scenario
