// SPDX-License-Identifier: Apache-2.0
// All patterns, reversed, as one non-deterministic automaton. Its nodes form a
// trie: patterns that begin (at their end) with the same tokens share nodes, so
// that a thousand rules "/dir_i/**" have one loop between them and the subsets
// of the subset construction stay as small as those of a keyword search.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "manager/image/pattern.h"

namespace glacis::image {

class Nfa {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // What a loop node stays on: bit 0 also on '/', bit 1 also on byte 0.
  using LoopKind = std::uint8_t;
  static constexpr LoopKind kNoLoop = 0xff;
  static constexpr LoopKind kLoopSlash = 1;
  static constexpr LoopKind kLoopZero = 2;

  struct Node {
    std::uint32_t set = 0;  // index of the bytes that lead here from the parent
    std::uint32_t parent = kNone;
    std::uint32_t child = kNone;  // first child entered by a byte
    std::uint32_t loops = kNone;  // first child entered without one: a loop
    std::uint32_t sibling = kNone;
    std::uint32_t accepts = kNone;  // first of a chain of accepts()
    std::uint32_t patterns = 0;     // patterns that pass here
    LoopKind loop = kNoLoop;
  };

  struct Accept {
    std::uint32_t tag;  // given by the caller: which rule
    std::uint32_t next;
  };

  // An end of a pattern, to walk back from.
  struct End {
    std::uint32_t node;
    std::uint32_t tag;
  };

  Nfa();

  void add(const Pattern& pattern, std::uint32_t tag);

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<Accept>& accepts() const { return accepts_; }
  [[nodiscard]] const std::vector<End>& ends() const { return ends_; }
  [[nodiscard]] const std::vector<ByteSet>& sets() const { return sets_; }

 private:
  std::uint32_t intern(const Token& token);
  std::uint32_t step(std::uint32_t from, std::uint32_t set);
  std::uint32_t enter_loop(std::uint32_t from, LoopKind loop);
  std::uint32_t new_node(std::uint32_t parent);

  std::vector<Node> nodes_;
  std::vector<Accept> accepts_;
  std::vector<End> ends_;
  std::vector<ByteSet> sets_;  // 0 .. 255 are the single bytes
  std::unordered_map<ByteSet, std::uint32_t> set_index_;
};

}  // namespace glacis::image
