// SPDX-License-Identifier: Apache-2.0
// A deterministic automaton with sparse rows: each state has one fallback
// target and the classes that lead elsewhere. State 0 is dead.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace glacis::image {

struct Edge {
  std::uint32_t cls;
  std::uint32_t target;
};

struct Dfa {
  std::array<std::uint8_t, 256> classes{};  // byte to class, 0 ..
  unsigned class_count = 0;
  std::vector<std::uint32_t> fallback;  // by state; used by at least one class
  std::vector<std::uint32_t> first;     // by state, and one more: into edges
  std::vector<Edge> edges;              // of a state, by class; never to its fallback
  std::vector<std::uint32_t> accept;    // by state: the caller's number, 0 = none
  std::uint32_t start = 0;

  [[nodiscard]] std::uint32_t states() const { return static_cast<std::uint32_t>(accept.size()); }
  [[nodiscard]] std::span<const Edge> row(std::uint32_t state) const {
    return {edges.data() + first[state], edges.data() + first[state + 1]};
  }
};

}  // namespace glacis::image
