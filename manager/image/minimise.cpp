// SPDX-License-Identifier: Apache-2.0
#include "manager/image/minimise.h"

#include <algorithm>
#include <span>
#include <utility>

namespace glacis::image {
namespace {

std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Splits states into blocks until the states of a block agree, class by class,
// on the block that they lead to. A row is compared as it is stored, sparsely,
// so the cost does not grow with the number of classes.
//
// It goes in rounds. Only the states with a successor whose block got a new
// number in the last round (dirty ones) can differ from their block; the
// others of the block still agree among themselves, and with no dirty one,
// because no row but a dirty one can hold a new number. The largest part keeps
// the number, so a state's number changes at most log(states) times.
class Refinement {
 public:
  explicit Refinement(const Dfa& dfa) : dfa_(dfa) {
    class_hash_.resize(dfa.class_count);
    for (unsigned c = 0; c < dfa.class_count; ++c) all_classes_ += class_hash_[c] = mix(c) | 1;
    invert();
    first_blocks();
    for (std::uint32_t s = 0; s < dfa.states(); ++s) mark(s);
    while (!next_.empty()) round();
  }

  [[nodiscard]] const std::vector<std::uint32_t>& blocks() const { return block_; }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(begin_.size()); }

 private:
  struct Dirty {
    std::uint32_t block;
    std::uint64_t hash;
    std::uint32_t state;
    friend auto operator<=>(const Dirty&, const Dirty&) = default;
  };
  using Part = std::pair<std::size_t, std::size_t>;  // of dirty_

  // elements_ holds the states block by block; [begin_, end_) is a block's part.
  void first_blocks() {
    const std::uint32_t n = dfa_.states();
    const std::vector<std::uint64_t> looks = looks_like();
    std::vector<std::pair<std::uint64_t, std::uint32_t>> order(n);
    for (std::uint32_t s = 0; s < n; ++s) order[s] = {looks[s], s};
    std::ranges::sort(order);
    block_.resize(n);
    elements_.resize(n);
    position_.resize(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      if (i == 0 || order[i].first != order[i - 1].first) {
        if (i > 0) end_.push_back(i);
        begin_.push_back(i);
      }
      elements_[i] = order[i].second;
      position_[order[i].second] = i;
      block_[order[i].second] = count() - 1;
    }
    end_.push_back(n);
    block_hash_.resize(n);
    for (std::uint32_t s = 0; s < n; ++s) block_hash_[s] = mix(block_[s]);
  }

  // A number that equal states agree on: what the state accepts and how near the
  // next accepting state is, and then, a few times over, what its row leads to.
  // Most states that differ do so in it, which saves most of the rounds. (It may
  // not tell two apart, but what they accept is in its lowest bits as it is.)
  std::vector<std::uint64_t> looks_like() const {
    constexpr int kSteps = 16;
    const std::uint32_t n = dfa_.states();
    std::vector<std::uint64_t> looks(n), mixed(n);
    const std::vector<Nearest> nearest = nearest_accepts();
    for (std::uint32_t s = 0; s < n; ++s)
      looks[s] = mix(mix(nearest[s].distance) + nearest[s].accept);
    for (int step = 0; step < kSteps; ++step) {
      for (std::uint32_t s = 0; s < n; ++s) mixed[s] = mix(looks[s] + dfa_.accept[s]);
      for (std::uint32_t s = 0; s < n; ++s) looks[s] = mixed[s] + hash(s, mixed);
    }
    for (std::uint32_t s = 0; s < n; ++s) looks[s] = looks[s] << 32 | dfa_.accept[s];
    return looks;
  }

  struct Nearest {
    std::uint32_t distance, accept;  // the lowest of those at this distance
  };

  // Breadth first, backwards from the accepting states.
  std::vector<Nearest> nearest_accepts() const {
    constexpr std::uint32_t kFar = 0xffffffff;
    std::vector<Nearest> out(dfa_.states());
    std::vector<std::uint32_t> level, next;
    for (std::uint32_t s = 0; s < dfa_.states(); ++s) {
      out[s] = {dfa_.accept[s] ? 0 : kFar, dfa_.accept[s]};
      if (dfa_.accept[s]) level.push_back(s);
    }
    for (std::uint32_t distance = 1; !level.empty(); ++distance) {
      next.clear();
      for (const std::uint32_t s : level) {
        for (std::uint32_t i = sources_from_[s]; i < sources_from_[s + 1]; ++i) {
          Nearest& source = out[sources_[i]];
          if (source.distance == kFar) {
            source = {distance, out[s].accept};
            next.push_back(sources_[i]);
          } else if (source.distance == distance) {
            source.accept = std::min(source.accept, out[s].accept);
          }
        }
      }
      std::swap(level, next);
    }
    return out;
  }

  void invert() {
    const std::uint32_t n = dfa_.states();
    sources_from_.assign(n + 1, 0);
    for (const std::uint32_t t : dfa_.fallback) ++sources_from_[t + 1];
    for (const Edge& e : dfa_.edges) ++sources_from_[e.target + 1];
    for (std::uint32_t s = 0; s < n; ++s) sources_from_[s + 1] += sources_from_[s];
    sources_.resize(dfa_.fallback.size() + dfa_.edges.size());
    std::vector<std::uint32_t> fill(sources_from_.begin(), sources_from_.end() - 1);
    for (std::uint32_t s = 0; s < n; ++s) {
      sources_[fill[dfa_.fallback[s]]++] = s;
      for (const Edge& e : dfa_.row(s)) sources_[fill[e.target]++] = s;
    }
    marked_.assign(n, false);
  }

  void mark(std::uint32_t state) {
    if (marked_[state]) return;
    marked_[state] = true;
    next_.push_back(state);
  }

  // Equal for rows whose targets have, class by class, the same values: a sum.
  std::uint64_t hash(std::uint32_t state, const std::vector<std::uint64_t>& values) const {
    std::uint64_t rest = all_classes_, sum = 0;
    for (const Edge& e : dfa_.row(state)) {
      rest -= class_hash_[e.cls];
      sum += class_hash_[e.cls] * values[e.target];
    }
    return sum + rest * values[dfa_.fallback[state]];
  }

  bool same_row(std::uint32_t a, std::uint32_t b) const {
    const auto ra = dfa_.row(a), rb = dfa_.row(b);
    const std::uint32_t fa = block_[dfa_.fallback[a]], fb = block_[dfa_.fallback[b]];
    std::size_t i = 0, j = 0, spoken_for = 0;
    while (i < ra.size() || j < rb.size()) {
      const bool in_a = i < ra.size() && (j == rb.size() || ra[i].cls <= rb[j].cls);
      const bool in_b = j < rb.size() && (i == ra.size() || rb[j].cls <= ra[i].cls);
      const std::uint32_t ta = in_a ? block_[ra[i++].target] : fa;
      const std::uint32_t tb = in_b ? block_[rb[j++].target] : fb;
      if (ta != tb) return false;
      ++spoken_for;
    }
    return spoken_for == dfa_.class_count || fa == fb;
  }

  void round() {
    dirty_.clear();
    for (const std::uint32_t s : next_) {
      dirty_.push_back({block_[s], hash(s, block_hash_), s});
      marked_[s] = false;
    }
    next_.clear();
    std::ranges::sort(dirty_);
    group();
    std::size_t at = 0;
    while (at < parts_.size()) {
      std::size_t last = at;
      const std::uint32_t block = dirty_[parts_[at].first].block;
      while (last < parts_.size() && dirty_[parts_[last].first].block == block) ++last;
      split(block, std::span(parts_).subspan(at, last - at));
      at = last;
    }
  }

  // Cuts dirty_ into parts of one block and one row. Hashes may collide, so a
  // stretch of one hash is sorted out by comparing rows.
  void group() {
    parts_.clear();
    for (std::size_t i = 0; i < dirty_.size();) {
      std::size_t end = i + 1;
      while (end < dirty_.size() && dirty_[end].block == dirty_[i].block &&
             dirty_[end].hash == dirty_[i].hash)
        ++end;
      while (i < end) {
        const auto begin = dirty_.begin() + static_cast<std::ptrdiff_t>(i);
        const auto split =
            std::stable_partition(begin, dirty_.begin() + static_cast<std::ptrdiff_t>(end),
                                  [&](const Dirty& d) { return same_row(d.state, begin->state); });
        const auto next = static_cast<std::size_t>(split - dirty_.begin());
        parts_.push_back({i, next});
        i = next;
      }
    }
  }

  void split(std::uint32_t block, std::span<const Part> parts) {
    std::size_t dirty = 0, largest = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      dirty += parts[i].second - parts[i].first;
      if (parts[i].second - parts[i].first > parts[largest].second - parts[largest].first)
        largest = i;
    }
    const std::size_t clean = end_[block] - begin_[block] - dirty;
    if (clean == 0 && parts.size() == 1) return;
    const bool clean_keeps = clean >= parts[largest].second - parts[largest].first;
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (clean_keeps || i != largest) move_out(block, parts[i]);
    if (clean_keeps || clean == 0) return;
    // The largest dirty part keeps the number, so the clean ones move.
    const auto [from, to] = parts[largest];
    std::vector<std::uint32_t> states;
    for (std::uint32_t i = begin_[block]; i < end_[block]; ++i) states.push_back(elements_[i]);
    std::vector<std::uint32_t> stay;
    for (std::size_t i = from; i < to; ++i) stay.push_back(dirty_[i].state);
    std::ranges::sort(stay);
    std::erase_if(states, [&](std::uint32_t s) { return std::ranges::binary_search(stay, s); });
    new_block(block, states);
  }

  void move_out(std::uint32_t block, Part part) {
    std::vector<std::uint32_t> states;
    for (std::size_t i = part.first; i < part.second; ++i) states.push_back(dirty_[i].state);
    new_block(block, states);
  }

  void new_block(std::uint32_t block, const std::vector<std::uint32_t>& states) {
    const std::uint32_t number = count();
    const std::uint64_t hashed = mix(number);
    for (const std::uint32_t s : states) {
      const std::uint32_t last = --end_[block];
      const std::uint32_t other = elements_[last];
      std::swap(elements_[position_[s]], elements_[last]);
      std::swap(position_[s], position_[other]);
      block_[s] = number;
      block_hash_[s] = hashed;
      for (std::uint32_t i = sources_from_[s]; i < sources_from_[s + 1]; ++i) mark(sources_[i]);
    }
    begin_.push_back(end_[block]);
    end_.push_back(end_[block] + static_cast<std::uint32_t>(states.size()));
  }

  const Dfa& dfa_;
  std::vector<std::uint64_t> class_hash_;
  std::uint64_t all_classes_ = 0;
  std::vector<std::uint32_t> block_, elements_, position_, begin_, end_;
  std::vector<std::uint64_t> block_hash_;  // mix(block_[s])
  std::vector<std::uint32_t> sources_, sources_from_;
  std::vector<bool> marked_;
  std::vector<std::uint32_t> next_;
  std::vector<Dirty> dirty_;
  std::vector<Part> parts_;
};

// The automaton whose states are blocks, and whose classes are those that at
// least one state tells apart.
class Canonical {
 public:
  Canonical(const Dfa& dfa, const Refinement& refinement)
      : dfa_(dfa), block_(refinement.blocks()), number_(refinement.count(), kUnknown) {
    sample_.resize(refinement.count());
    for (std::uint32_t s = dfa.states(); s-- > 0;) sample_[block_[s]] = s;
    merge_classes();
  }

  Dfa run() {
    visit(block_[0]);  // dead is 0
    out_.start = visit(block_[dfa_.start]);
    out_.first.push_back(0);
    for (std::size_t at = 0; at < queue_.size(); ++at) row(sample_[queue_[at]]);
    return std::move(out_);
  }

 private:
  static constexpr std::uint32_t kUnknown = 0xffffffff;

  // Classes start as one group; each row splits off those that it sends
  // elsewhere than the rest of their group.
  void merge_classes() {
    std::vector<std::uint32_t> group(dfa_.class_count, 0);
    std::vector<std::uint32_t> size{dfa_.class_count};
    struct Move {
      std::uint32_t group, target, cls;
      auto operator<=>(const Move&) const = default;
    };
    std::vector<Move> moves;
    for (const std::uint32_t state : sample_) {
      if (size.size() == dfa_.class_count) break;
      moves.clear();
      for (const Edge& e : dfa_.row(state))
        if (block_[e.target] != block_[dfa_.fallback[state]])
          moves.push_back({group[e.cls], block_[e.target], e.cls});
      std::ranges::sort(moves);
      for (std::size_t i = 0, end = 0; i < moves.size(); i = end) {
        while (end < moves.size() && moves[end].group == moves[i].group &&
               moves[end].target == moves[i].target)
          ++end;
        const auto count = static_cast<std::uint32_t>(end - i);
        if (count == size[moves[i].group]) continue;  // all of them: nothing is told apart
        size[moves[i].group] -= count;
        for (std::size_t k = i; k < end; ++k)
          group[moves[k].cls] = static_cast<std::uint32_t>(size.size());
        size.push_back(count);
      }
    }
    name_classes(group, size.size());
  }

  // By their lowest byte.
  void name_classes(const std::vector<std::uint32_t>& group, std::size_t groups) {
    std::vector<std::uint32_t> name(groups, kUnknown);
    renamed_.resize(dfa_.class_count);
    for (unsigned c = 0; c < 256; ++c) {
      std::uint32_t& n = name[group[dfa_.classes[c]]];
      if (n == kUnknown) n = out_.class_count++;
      renamed_[dfa_.classes[c]] = n;
      out_.classes[c] = static_cast<std::uint8_t>(n);
    }
  }

  std::uint32_t visit(std::uint32_t block) {
    if (number_[block] == kUnknown) {
      number_[block] = static_cast<std::uint32_t>(queue_.size());
      queue_.push_back(block);
    }
    return number_[block];
  }

  void row(std::uint32_t state) {
    const std::uint32_t rest = block_[dfa_.fallback[state]];
    row_.clear();
    for (const Edge& e : dfa_.row(state))
      if (block_[e.target] != rest) row_.push_back({renamed_[e.cls], block_[e.target]});
    std::ranges::sort(row_, {}, &Edge::cls);
    const auto same = std::ranges::unique(row_, {}, &Edge::cls);
    row_.erase(same.begin(), same.end());
    // Visit in the order of classes; `rest` where the first gap is.
    std::uint32_t next = 0;
    for (Edge& e : row_) {
      if (e.cls != next++) {
        visit(rest);
        next = e.cls + 1;
      }
      e.target = visit(e.target);
    }
    store(visit(rest));
    out_.accept.push_back(dfa_.accept[state]);
  }

  // Writes row_, with its most frequent target as the fallback.
  void store(std::uint32_t rest) {
    const auto others = static_cast<std::uint32_t>(out_.class_count - row_.size());
    counts_.assign(1, {rest, others});
    for (const Edge& e : row_) counts_.push_back({e.target, 1});
    std::ranges::sort(counts_);
    std::uint32_t best = rest, most = others, run = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      run = (i > 0 && counts_[i].first == counts_[i - 1].first ? run : 0) + counts_[i].second;
      if (run > most || (run == most && counts_[i].first < best))
        most = run, best = counts_[i].first;
    }
    if (best != rest) add_rest(rest);
    for (const Edge& e : row_)
      if (e.target != best) out_.edges.push_back(e);
    out_.fallback.push_back(best);
    out_.first.push_back(static_cast<std::uint32_t>(out_.edges.size()));
  }

  void add_rest(std::uint32_t rest) {
    const std::size_t known = row_.size();
    std::size_t i = 0;
    for (std::uint32_t cls = 0; cls < out_.class_count; ++cls) {
      if (i < known && row_[i].cls == cls)
        ++i;
      else
        row_.push_back({cls, rest});
    }
    std::ranges::sort(row_, {}, &Edge::cls);
  }

  const Dfa& dfa_;
  const std::vector<std::uint32_t>& block_;
  Dfa out_;
  std::vector<std::uint32_t> number_, sample_, queue_, renamed_;
  std::vector<Edge> row_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> counts_;
};

}  // namespace

Dfa minimise(const Dfa& dfa) {
  const Refinement refinement(dfa);
  return Canonical(dfa, refinement).run();
}

}  // namespace glacis::image
