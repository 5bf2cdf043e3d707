// SPDX-License-Identifier: Apache-2.0
// A YAML text as a tree with places. Built from the parser's events and not from
// its nodes, so that depth and size are bounded, and no alias is followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/span.h"

namespace glacis::import::kubearmor {

inline constexpr std::size_t largest = std::size_t{256} << 10;
inline constexpr std::size_t most_nodes = 50'000;
inline constexpr std::size_t deepest = 24;
inline constexpr std::size_t most_documents = 64;

struct Member;

struct Node {
  enum class Kind { nothing, scalar, list, map };
  Kind kind = Kind::nothing;
  std::string text;
  std::vector<Node> list;
  std::vector<Member> map;  // in order
  diag::Span span;

  // The value of a key; an empty node where there is none.
  [[nodiscard]] const Node& operator[](std::string_view key) const;
  [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }
};

struct Member {
  Node key, value;
};

// The documents; nothing, and an error among the diagnostics, if it is no YAML or
// beyond the bounds.
[[nodiscard]] std::optional<std::vector<Node>> read_yaml(const std::string& text,
                                                         std::uint32_t file,
                                                         diag::Diagnostics& diagnostics);

}  // namespace glacis::import::kubearmor
