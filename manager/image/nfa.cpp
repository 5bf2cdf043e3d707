// SPDX-License-Identifier: Apache-2.0
#include "manager/image/nfa.h"

#include <ranges>

namespace glacis::image {

Nfa::Nfa() {
  sets_.resize(256);
  for (unsigned c = 0; c < 256; ++c) sets_[c].set(c);
  new_node(kNone);
}

std::uint32_t Nfa::new_node(std::uint32_t parent) {
  nodes_.push_back(Node{});
  nodes_.back().parent = parent;
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t Nfa::intern(const Token& token) {
  if (token.kind == Token::Kind::byte) return token.byte;
  if (token.set.count() == 1) return static_cast<std::uint32_t>(token.set._Find_first());
  const auto [it, added] =
      set_index_.try_emplace(token.set, static_cast<std::uint32_t>(sets_.size()));
  if (added) sets_.push_back(token.set);
  return it->second;
}

std::uint32_t Nfa::step(std::uint32_t from, std::uint32_t set) {
  for (std::uint32_t i = nodes_[from].child; i != kNone; i = nodes_[i].sibling)
    if (nodes_[i].set == set) return i;
  const std::uint32_t added = new_node(from);
  nodes_[added].set = set;
  nodes_[added].sibling = nodes_[from].child;
  nodes_[from].child = added;
  return added;
}

std::uint32_t Nfa::enter_loop(std::uint32_t from, LoopKind loop) {
  for (std::uint32_t i = nodes_[from].loops; i != kNone; i = nodes_[i].sibling)
    if (nodes_[i].loop == loop) return i;
  const std::uint32_t added = new_node(from);
  nodes_[added].loop = loop;
  nodes_[added].sibling = nodes_[from].loops;
  nodes_[from].loops = added;
  return added;
}

void Nfa::add(const Pattern& pattern, std::uint32_t tag) {
  const LoopKind zero = pattern.abstract ? kLoopZero : LoopKind{0};
  std::uint32_t at = 0;
  ++nodes_[at].patterns;
  for (const Token& token : pattern.tokens | std::views::reverse) {
    if (token.kind == Token::Kind::star)
      at = enter_loop(at, zero);
    else if (token.kind == Token::Kind::double_star)
      at = enter_loop(at, static_cast<LoopKind>(zero | kLoopSlash));
    else
      at = step(at, intern(token));
    ++nodes_[at].patterns;
  }
  accepts_.push_back({tag, nodes_[at].accepts});
  nodes_[at].accepts = static_cast<std::uint32_t>(accepts_.size() - 1);
  ends_.push_back({at, tag});
}

}  // namespace glacis::image
