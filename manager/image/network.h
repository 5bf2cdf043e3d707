// SPDX-License-Identifier: Apache-2.0
// Network rules to tables of elementary intervals (lsm/abi/image.h): within an
// interval of addresses every address has the same rules, and so one run of
// port intervals, which tables share.
#pragma once

#include <cstdint>
#include <vector>

#include "lsm/abi/image.h"
#include "manager/base/result.h"
#include "manager/profile/model.h"

namespace glacis::image {

struct NetTables {
  std::vector<gl_net4> net4;
  std::vector<gl_net6> net6;
  std::vector<gl_ports> ports;
  gl_section net4_tables[GL_NET_OP_COUNT][GL_NET_GROUP_COUNT]{};
  gl_section net6_tables[GL_NET_OP_COUNT][GL_NET_GROUP_COUNT]{};
};

struct NetEntry {
  profile::RuleId id = 0;
  const profile::NetRule* rule = nullptr;
};

// Rules that each overlap all the others cost the square of their number; past
// this many visits of a rule the build ends with an error, after about 0.2 s.
inline constexpr std::uint64_t kNetWorkLimit = 5'000'000;

[[nodiscard]] Result<NetTables> build_network(const std::vector<NetEntry>& rules);

}  // namespace glacis::image
