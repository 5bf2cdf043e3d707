// SPDX-License-Identifier: Apache-2.0
#include "manager/image/automaton.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace glacis::image {
namespace {

using Subset = std::span<const std::uint32_t>;

// Every subset that was met, numbered in order; its nodes lie in one arena.
class Subsets {
 public:
  Subsets() : slots_(1024, 0) { begin_.push_back(0); }

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(begin_.size() - 1); }
  [[nodiscard]] Subset operator[](std::uint32_t i) const {
    return {arena_.data() + begin_[i], begin_[i + 1] - begin_[i]};
  }

  std::uint32_t intern(Subset nodes) {
    if (begin_.size() * 2 > slots_.size()) grow();
    for (std::size_t at = hash(nodes);; ++at) {
      std::uint32_t& slot = slots_[at & (slots_.size() - 1)];
      if (slot == 0) {
        arena_.insert(arena_.end(), nodes.begin(), nodes.end());
        begin_.push_back(arena_.size());
        slot = size();  // one more than its number, since 0 is free
        return slot - 1;
      }
      if (std::ranges::equal((*this)[slot - 1], nodes)) return slot - 1;
    }
  }

 private:
  static std::uint64_t hash(Subset nodes) {
    std::uint64_t h = nodes.size();
    for (const std::uint32_t node : nodes) {
      h = (h ^ node) * 0x9e3779b97f4a7c15u;
      h ^= h >> 29;
    }
    return h;
  }

  void grow() {
    std::vector<std::uint32_t> bigger(slots_.size() * 4, 0);
    for (std::uint32_t i = 0; i < size(); ++i) {
      std::size_t at = hash((*this)[i]);
      while (bigger[at & (bigger.size() - 1)] != 0) ++at;
      bigger[at & (bigger.size() - 1)] = i + 1;
    }
    slots_ = std::move(bigger);
  }

  std::vector<std::uint32_t> arena_;
  std::vector<std::size_t> begin_;
  std::vector<std::uint32_t> slots_;  // open addressing; a power of two
};

// Bytes that no set of any pattern tells apart are one class. '/' and 0 are
// always classes of their own, because the loops tell them apart.
unsigned make_classes(const Nfa& nfa, std::array<std::uint8_t, 256>& classes) {
  std::vector<bool> used(nfa.sets().size(), false);
  for (const Nfa::Node& node : nfa.nodes()) used[node.set] = true;
  used['/'] = used[0] = true;
  std::array<std::uint32_t, 256> group{};
  std::uint32_t groups = 1;
  for (std::size_t i = 0; i < nfa.sets().size(); ++i) {
    if (!used[i]) continue;
    std::map<std::uint32_t, std::uint32_t> split;  // group to its part inside the set
    for (unsigned c = 0; c < 256; ++c) {
      if (!nfa.sets()[i][c]) continue;
      const auto [it, added] = split.try_emplace(group[c], groups);
      if (added) ++groups;
      group[c] = it->second;
    }
  }
  std::map<std::uint32_t, std::uint8_t> number;
  for (unsigned c = 0; c < 256; ++c)
    classes[c] =
        number.try_emplace(group[c], static_cast<std::uint8_t>(number.size())).first->second;
  return static_cast<unsigned>(number.size());
}

class Construction {
 public:
  Construction(const Nfa& nfa, const AcceptOf& accept, const Covers& covers,
               const AutomatonLimits& limits)
      : nfa_(nfa), accept_(accept), limits_(limits), dominance_(nfa, covers) {}

  std::expected<Dfa, AutomatonError> run() {
    if (nfa_.nodes().size() > limits_.nodes)
      return failure(fmt::format("more than {} distinct pattern elements", limits_.nodes), {});
    if (nfa_.sets().size() > limits_.sets + 256)
      return failure(fmt::format("more than {} different brackets", limits_.sets), {});
    prepare();
    subsets_.intern({});
    std::vector<std::uint32_t> start;
    push(start, 0);
    std::ranges::sort(start);
    dfa_.start = subsets_.intern(start);
    dfa_.first.push_back(0);
    for (std::uint32_t state = 0; state < subsets_.size(); ++state) {
      expand(state);
      if (subsets_.size() > limits_.states)
        return failure(fmt::format("more than {} states", limits_.states), blame());
      if (work_ > limits_.work)
        return failure(fmt::format("more than {} steps of work", limits_.work), blame());
    }
    return std::move(dfa_);
  }

 private:
  static std::unexpected<AutomatonError> failure(std::string bound, std::vector<std::uint32_t> t) {
    return std::unexpected(AutomatonError{std::move(bound), std::move(t)});
  }

  void prepare() {
    dfa_.class_count = make_classes(nfa_, dfa_.classes);
    slash_ = dfa_.classes['/'];
    zero_ = dfa_.classes[0];
    reached_.resize(dfa_.class_count);
    classes_of_.resize(nfa_.sets().size());
    std::array<std::uint8_t, 256> sample{};
    for (unsigned c = 256; c-- > 0;) sample[dfa_.classes[c]] = static_cast<std::uint8_t>(c);
    for (std::size_t set = 0; set < nfa_.sets().size(); ++set)
      for (unsigned cls = 0; cls < dfa_.class_count; ++cls)
        if (nfa_.sets()[set][sample[cls]])
          classes_of_[set].push_back(static_cast<std::uint8_t>(cls));
  }

  // A node and the loops that are entered from it without a byte.
  void push(std::vector<std::uint32_t>& to, std::uint32_t node) const {
    to.push_back(node);
    for (std::uint32_t i = nfa_.nodes()[node].loops; i != Nfa::kNone; i = nfa_.nodes()[i].sibling)
      to.push_back(i);
  }

  void collect(Subset subset) {
    for (const std::uint32_t at : subset) {
      const Nfa::Node& node = nfa_.nodes()[at];
      if (node.loop != Nfa::kNoLoop) loops_.push_back(at);
      for (std::uint32_t a = node.accepts; a != Nfa::kNone; a = nfa_.accepts()[a].next)
        tags_.push_back(nfa_.accepts()[a].tag);
      for (std::uint32_t i = node.child; i != Nfa::kNone; i = nfa_.nodes()[i].sibling) {
        for (const std::uint8_t cls : classes_of_[nfa_.nodes()[i].set]) {
          if (reached_[cls].empty()) touched_.push_back(cls);
          push(reached_[cls], i);
        }
      }
    }
  }

  // The subset that a class leads to: what its edges reached, and every loop
  // that stays on it.
  std::uint32_t target(unsigned cls, std::vector<std::uint32_t>& nodes) {
    for (const std::uint32_t at : loops_) {
      const Nfa::LoopKind loop = nfa_.nodes()[at].loop;
      if ((cls != slash_ || (loop & Nfa::kLoopSlash)) && (cls != zero_ || (loop & Nfa::kLoopZero)))
        nodes.push_back(at);
    }
    work_ += nodes.size() + 1;
    std::ranges::sort(nodes);
    nodes.erase(std::ranges::unique(nodes).begin(), nodes.end());
    dominance_.prune(nodes);
    return subsets_.intern(nodes);
  }

  void expand(std::uint32_t state) {
    touched_.clear();
    loops_.clear();
    tags_.clear();
    row_.clear();
    collect(subsets_[state]);
    for (const unsigned own : {slash_, zero_})
      if (reached_[own].empty()) touched_.push_back(own);
    for (const unsigned cls : touched_) {
      row_.push_back({cls, target(cls, reached_[cls])});
      reached_[cls].clear();
    }
    if (row_.size() < dfa_.class_count) {
      scratch_.clear();
      rest_ = target(dfa_.class_count, scratch_);  // a class that is neither '/' nor 0
    }
    finish_row();
    std::ranges::sort(tags_);
    tags_.erase(std::ranges::unique(tags_).begin(), tags_.end());
    dfa_.accept.push_back(tags_.empty() ? 0 : accept_(tags_));
  }

  // Makes the most frequent target the fallback, and the others edges.
  void finish_row() {
    const std::size_t untouched = dfa_.class_count - row_.size();
    counts_.clear();
    if (untouched > 0) counts_.push_back({rest_, static_cast<std::uint32_t>(untouched)});
    for (const Edge& edge : row_) counts_.push_back({edge.target, 1});
    std::ranges::sort(counts_);
    std::uint32_t best = 0, best_count = 0, run = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      run = (i > 0 && counts_[i].first == counts_[i - 1].first ? run : 0) + counts_[i].second;
      if (run > best_count) best_count = run, best = counts_[i].first;
    }
    if (untouched > 0 && rest_ != best) {
      std::vector<bool> seen(dfa_.class_count, false);
      for (const Edge& edge : row_) seen[edge.cls] = true;
      for (unsigned cls = 0; cls < dfa_.class_count; ++cls)
        if (!seen[cls]) row_.push_back({cls, rest_});
    }
    std::ranges::sort(row_, {}, &Edge::cls);
    for (const Edge& edge : row_)
      if (edge.target != best) dfa_.edges.push_back(edge);
    dfa_.fallback.push_back(best);
    dfa_.first.push_back(static_cast<std::uint32_t>(dfa_.edges.size()));
    work_ += row_.size() / 4;
  }

  // Which patterns fill the subsets that were met last: each node's share goes
  // to the patterns that pass it.
  std::vector<std::uint32_t> blame() const {
    std::vector<double> share(nfa_.nodes().size(), 0);
    const std::uint32_t last = subsets_.size();
    for (std::uint32_t i = last > 4096 ? last - 4096 : 0; i < last; ++i)
      for (const std::uint32_t node : subsets_[i]) share[node] += 1.0 / nfa_.nodes()[node].patterns;
    std::map<std::uint32_t, double> by_tag;
    for (const Nfa::End& end : nfa_.ends())
      for (std::uint32_t at = end.node; at != Nfa::kNone; at = nfa_.nodes()[at].parent)
        by_tag[end.tag] += share[at];
    std::vector<std::pair<double, std::uint32_t>> order;
    for (const auto& [tag, weight] : by_tag) order.push_back({-weight, tag});
    std::ranges::sort(order);
    std::vector<std::uint32_t> out;
    for (const auto& [weight, tag] : order)
      if (out.size() < 5 && weight < order[0].first / 4) out.push_back(tag);
    return out;
  }

  const Nfa& nfa_;
  const AcceptOf& accept_;
  const AutomatonLimits& limits_;
  Dominance dominance_;
  Dfa dfa_;
  Subsets subsets_;
  std::uint64_t work_ = 0;
  unsigned slash_ = 0, zero_ = 0;
  std::uint32_t rest_ = 0;
  std::vector<std::vector<std::uint8_t>> classes_of_;  // by set
  std::vector<std::vector<std::uint32_t>> reached_;    // by class, of the current subset
  std::vector<unsigned> touched_;
  std::vector<std::uint32_t> loops_, tags_, scratch_;
  std::vector<Edge> row_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> counts_;
};

}  // namespace

std::expected<Dfa, AutomatonError> determinise(const Nfa& nfa, const AcceptOf& accept,
                                               const Covers& covers,
                                               const AutomatonLimits& limits) {
  return Construction(nfa, accept, covers, limits).run();
}

}  // namespace glacis::image
