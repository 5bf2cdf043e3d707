// SPDX-License-Identifier: Apache-2.0
// What enforcement takes of the kernel: how full its tables are, and what its programs cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace glacis::kernel {

// A pinned hash table. One that can't be opened (a locked host hands out none but for
// reading) or that changes faster than it is counted is left out.
struct TableFill {
  std::string name;
  std::uint64_t used = 0, most = 0;
};
[[nodiscard]] std::vector<TableFill> table_fills();

// As the kernel counts them while the sysctl kernel.bpf_stats_enabled is 1; both stay as they
// are while it is 0.
struct ProgramCost {
  std::string name;
  std::uint64_t runs = 0, nanoseconds = 0;
};
[[nodiscard]] std::vector<ProgramCost> program_costs();

}  // namespace glacis::kernel
