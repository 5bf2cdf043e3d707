// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/addresses.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <set>
#include <tuple>

namespace glacis::learn {
namespace {

using Words = std::array<std::uint32_t, 4>;
using Address = std::pair<bool, Words>;  // is it IPv6
using Ports = std::set<std::uint16_t>;

unsigned bits_of(bool v6) { return v6 ? 128 : 32; }

Words masked(Words words, unsigned prefix) {
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned kept = prefix > 32 * i ? std::min(prefix - 32 * i, 32u) : 0;
    words[i] &= kept == 0 ? 0 : ~std::uint32_t{0} << (32 - kept);
  }
  return words;
}

// How many leading bits they have in common.
unsigned common(const Words& a, const Words& b, unsigned bits) {
  for (unsigned i = 0; 32 * i < bits; ++i)
    if (const auto differ = a[i] ^ b[i]; differ != 0)
      return 32 * i + static_cast<unsigned>(std::countl_zero(differ));
  return bits;
}

profile::Cidr cidr_of(bool v6, const Words& words, unsigned prefix) {
  profile::Cidr out;
  out.v6 = v6;
  out.prefix = prefix;
  const Words base = masked(words, prefix);
  for (unsigned i = 0; i < bits_of(v6) / 8; ++i)
    out.address[i] = static_cast<std::uint8_t>(base[i / 4] >> (24 - 8 * (i % 4)));
  return out;
}

struct Network {
  profile::Cidr cidr;
  std::size_t addresses = 1;
};

// Neighbours become the smallest network that holds them, if it is small enough.
std::vector<Network> networks_of(const std::set<Address>& addresses) {
  std::map<Address, std::vector<Words>> near;
  for (const auto& [v6, words] : addresses)
    near[{v6, masked(words, v6 ? widest_v6 : widest_v4)}].push_back(words);
  std::vector<Network> out;
  for (const auto& [key, all] : near) {
    const bool v6 = key.first;
    if (all.size() < enough_neighbours) {
      for (const Words& words : all) out.push_back({cidr_of(v6, words, bits_of(v6)), 1});
      continue;
    }
    // They are sorted, so that the first and the last differ the most.
    const unsigned prefix = common(all.front(), all.back(), bits_of(v6));
    out.push_back({cidr_of(v6, all.front(), prefix), all.size()});
  }
  return out;
}

struct Service {
  gl_net_op op;
  gl_socket kind;
  friend auto operator<=>(const Service&, const Service&) = default;
};

struct Seen {
  std::map<Ports, std::set<Address>> by_ports;
  std::map<Address, std::vector<std::size_t>> behaviours;
};

NetGroup group_of(const Service& service, const Ports& ports, const std::set<Address>& addresses,
                  const Seen& seen) {
  NetGroup out;
  out.rule.ops = {service.op};
  out.rule.sockets = {service.kind};
  std::vector<std::string> why;
  std::size_t wide = 0;
  for (const Network& network : networks_of(addresses)) {
    out.rule.addresses.push_back(network.cidr);
    if (network.addresses > 1) wide += network.addresses;
  }
  if (wide != 0) why.push_back(fmt::format("{} addresses of one network", wide));
  if (ports.size() >= enough_ports) {
    out.rule.ports.push_back({*ports.begin(), *ports.rbegin()});
    why.push_back(fmt::format("{} ports between these", ports.size()));
  } else {
    for (const std::uint16_t port : ports) out.rule.ports.push_back({port, port});
  }
  out.why = fmt::format("{}", fmt::join(why, ", "));
  for (const Address& address : addresses) {
    const auto& from = seen.behaviours.at(address);
    out.from.insert(out.from.end(), from.begin(), from.end());
  }
  std::ranges::sort(out.from);
  return out;
}

}  // namespace

std::vector<NetGroup> group_endpoints(const std::vector<SeenEndpoint>& seen) {
  std::map<Service, std::map<Address, Ports>> ports;
  std::map<Service, Seen> all;
  for (const SeenEndpoint& one : seen) {
    const Service service{one.request.op, one.request.kind};
    const Address address{one.request.v6, one.request.address};
    ports[service][address].insert(one.request.port);
    all[service].behaviours[address].push_back(one.behaviour);
  }
  std::vector<NetGroup> out;
  for (const auto& [service, addresses] : ports) {
    Seen& here = all[service];
    for (const auto& [address, numbers] : addresses) here.by_ports[numbers].insert(address);
    for (const auto& [numbers, which] : here.by_ports)
      out.push_back(group_of(service, numbers, which, here));
  }
  return out;
}

}  // namespace glacis::learn
