// SPDX-License-Identifier: Apache-2.0
// From endpoints that were seen to rules of addresses and ports, as tight as
// what was seen allows: single ones first, the smallest common network only
// where enough neighbours were seen, the span of ports only where many were.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "manager/profile/model.h"
#include "manager/sim/simulator.h"

namespace glacis::learn {

struct SeenEndpoint {
  sim::NetRequest request;
  std::size_t behaviour = 0;
};

struct NetGroup {
  profile::NetRule rule;
  std::string why;                // nothing where it is literal
  std::vector<std::size_t> from;  // behaviours
};

inline constexpr std::size_t enough_neighbours = 4;  // addresses in one network
inline constexpr unsigned widest_v4 = 24, widest_v6 = 64;
inline constexpr std::size_t enough_ports = 8;

[[nodiscard]] std::vector<NetGroup> group_endpoints(const std::vector<SeenEndpoint>& seen);

}  // namespace glacis::learn
