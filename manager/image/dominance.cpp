// SPDX-License-Identifier: Apache-2.0
#include "manager/image/dominance.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace glacis::image {

// Only nodes behind which lies a single chain to a single accept are compared:
// they are where patterns wait, and their shapes are found in one pass.
Dominance::Dominance(const Nfa& nfa, const Covers& covers) : covers_(covers) {
  constexpr std::uint32_t kEnd = 0xffffffff, kWithoutByte = 0xfffffffe;
  using Key = std::tuple<Nfa::LoopKind, std::uint32_t, std::uint32_t>;  // loop, step, shape behind
  std::map<Key, std::uint32_t> shapes;
  std::vector<std::uint32_t> uses(1, 0);
  const auto& nodes = nfa.nodes();
  rest_.resize(nodes.size());
  for (std::size_t i = nodes.size(); i-- > 0;) {  // children come after their parents
    const Nfa::Node& node = nodes[i];
    const std::uint32_t next = node.child != Nfa::kNone ? node.child : node.loops;
    Key key{node.loop, kEnd, 0};
    if (next == Nfa::kNone) {
      if (node.accepts == Nfa::kNone || nfa.accepts()[node.accepts].next != Nfa::kNone) continue;
      rest_[i].tag = nfa.accepts()[node.accepts].tag;
    } else {
      const bool forks = nodes[next].sibling != Nfa::kNone ||
                         (node.child != Nfa::kNone && node.loops != Nfa::kNone);
      if (forks || node.accepts != Nfa::kNone || rest_[next].shape == 0) continue;
      key = {node.loop, node.child != Nfa::kNone ? nodes[next].set : kWithoutByte,
             rest_[next].shape};
      rest_[i].tag = rest_[next].tag;
    }
    rest_[i].shape = shapes.try_emplace(key, static_cast<std::uint32_t>(uses.size())).first->second;
    uses.resize(shapes.size() + 1, 0);
    ++uses[rest_[i].shape];
  }
  for (Rest& rest : rest_)
    if (uses[rest.shape] < 2) rest.shape = 0;
}

void Dominance::prune(std::vector<std::uint32_t>& nodes) {
  group_.clear();
  for (const std::uint32_t node : nodes)
    if (rest_[node].shape != 0) group_.push_back({rest_[node].shape, node});
  if (group_.size() < 2) return;
  std::ranges::sort(group_);
  drop_.clear();
  for (std::size_t i = 0; i < group_.size(); ++i) {
    if (i == 0 || group_[i].first != group_[i - 1].first) kept_.clear();
    const std::uint32_t node = group_[i].second, tag = rest_[node].tag;
    const auto covered_by = [&](std::uint32_t other) { return covers_(rest_[other].tag, tag); };
    if (std::ranges::any_of(kept_, covered_by)) {
      drop_.push_back(node);
      continue;
    }
    std::erase_if(kept_, [&](std::uint32_t other) {
      const bool covered = covers_(tag, rest_[other].tag);
      if (covered) drop_.push_back(other);
      return covered;
    });
    kept_.push_back(node);
  }
  if (drop_.empty()) return;
  std::ranges::sort(drop_);
  std::erase_if(nodes, [&](std::uint32_t n) { return std::ranges::binary_search(drop_, n); });
}

}  // namespace glacis::image
