// SPDX-License-Identifier: Apache-2.0
// Random profiles and requests that often meet: few names, few letters, paths
// made from the globs themselves and then spoilt a little.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manager/profile/model.h"
#include "manager/sim/simulator.h"

namespace glacis::generate {

// splitmix64: the same sequence on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint32_t below(std::size_t bound) { return static_cast<std::uint32_t>(next() % bound); }
  bool chance(std::uint32_t one_in) { return below(one_in) == 0; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::uint64_t state_;
};

[[nodiscard]] std::string glob(Random& random);

// A path that the glob matches, or nearly; never with an empty name.
[[nodiscard]] std::string path_like(Random& random, std::string_view glob);

[[nodiscard]] profile::ResolvedProfile profile(Random& random, unsigned rules);

[[nodiscard]] sim::Request request(Random& random, const profile::ResolvedProfile& profile);

// A profile from globs: all grant `access`.
[[nodiscard]] profile::ResolvedProfile profile_of(const std::vector<std::string>& globs,
                                                  std::uint32_t access);

// A profile as services have them: `rules` directories and files of their own.
[[nodiscard]] profile::ResolvedProfile service_profile(unsigned rules);

}  // namespace glacis::generate
