// SPDX-License-Identifier: Apache-2.0
// The subset construction, with bounds that stop a profile whose patterns
// multiply (many `**` that each remember something) after milliseconds.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "manager/image/dfa.h"
#include "manager/image/dominance.h"
#include "manager/image/nfa.h"

namespace glacis::image {

// Measured: 1,000 rules of a service need about 30,000 states and 200,000
// units of work; at the bounds the construction stops after about 0.1 s and
// 100 MB. A unit is one node put into one subset.
struct AutomatonLimits {
  std::uint32_t nodes = 400'000;   // of the non-deterministic automaton
  std::uint32_t sets = 4'096;      // different brackets
  std::uint32_t states = 200'000;  // before minimisation; GL218 says the number
  std::uint64_t work = 5'000'000;
};

struct AutomatonError {
  std::string bound;                // "more than 200000 states"
  std::vector<std::uint32_t> tags;  // the patterns to blame, the worst first
};

// Gives the number of a set of tags (sorted, unique, not empty); 0 means that
// they accept nothing.
using AcceptOf = std::function<std::uint32_t(std::span<const std::uint32_t>)>;

[[nodiscard]] std::expected<Dfa, AutomatonError> determinise(const Nfa& nfa, const AcceptOf& accept,
                                                             const Covers& covers,
                                                             const AutomatonLimits& limits = {});

}  // namespace glacis::image
