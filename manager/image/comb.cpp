// SPDX-License-Identifier: Apache-2.0
#include "manager/image/comb.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "lsm/abi/image.h"

namespace glacis::image {
namespace {

// More cells than the largest image has room for.
constexpr std::size_t kCellLimit = GL_IMAGE_SIZE_MAX / sizeof(std::uint32_t);

// Which cells are free, 64 to a word, growing as it is asked.
class FreeCells {
 public:
  // The first base >= from at which all keys are free.
  std::size_t find(const std::vector<std::uint8_t>& keys, std::size_t from) {
    for (std::size_t word = from / 64;; ++word) {
      reserve(word + 6);
      std::uint64_t fits = ~std::uint64_t{0};
      for (const std::uint8_t key : keys) {
        fits &= window(word * 64 + key);
        if (fits == 0) break;
      }
      if (word == from / 64) fits &= ~std::uint64_t{0} << (from % 64);
      if (fits != 0) return word * 64 + static_cast<std::size_t>(__builtin_ctzll(fits));
    }
  }

  void take(std::size_t cell) {
    reserve(cell / 64 + 1);
    words_[cell / 64] &= ~(std::uint64_t{1} << (cell % 64));
    while (lowest_ < words_.size() * 64 && !is_free(lowest_)) ++lowest_;
  }

  [[nodiscard]] std::size_t lowest() const { return lowest_; }

 private:
  void reserve(std::size_t words) {
    if (words > words_.size()) words_.resize(words, ~std::uint64_t{0});
  }
  [[nodiscard]] bool is_free(std::size_t cell) const {
    return words_[cell / 64] >> (cell % 64) & 1;
  }
  [[nodiscard]] std::uint64_t window(std::size_t cell) const {
    const std::size_t shift = cell % 64;
    const std::uint64_t low = words_[cell / 64] >> shift;
    return shift == 0 ? low : low | words_[cell / 64 + 1] << (64 - shift);
  }

  std::vector<std::uint64_t> words_;
  std::size_t lowest_ = 0;
};

std::vector<std::uint8_t> keys_of(const Dfa& dfa, std::uint32_t state) {
  std::vector<std::uint8_t> keys{GL_KEY_DEFAULT};
  if (dfa.accept[state] != 0) keys.push_back(GL_KEY_ACCEPT);
  for (const Edge& e : dfa.row(state))
    keys.push_back(static_cast<std::uint8_t>(e.cls + GL_KEY_FIRST));
  return keys;
}

// Where each state goes: the full rows first, since they are hard to fit, and
// the others into their gaps. A shape that did not fit below some base never
// will, so its next search starts where the last one ended.
std::vector<std::uint32_t> place(const Dfa& dfa, FreeCells& free) {
  std::vector<std::uint32_t> order(dfa.states() - 1);
  std::iota(order.begin(), order.end(), 1u);
  const auto weight = [&](std::uint32_t s) { return dfa.row(s).size() + (dfa.accept[s] != 0); };
  std::ranges::stable_sort(order, std::ranges::greater{}, weight);
  std::map<std::vector<std::uint8_t>, std::size_t> tried;
  std::vector<std::uint32_t> base(dfa.states(), 0);
  free.take(0);
  for (const std::uint32_t state : order) {
    const std::vector<std::uint8_t> keys = keys_of(dfa, state);
    std::size_t& from = tried[keys];
    const std::size_t at = free.find(keys, std::max(from, free.lowest()));
    if (at >= kCellLimit) return {};
    from = at + 1;
    for (const std::uint8_t key : keys) free.take(at + key);
    base[state] = static_cast<std::uint32_t>(at);
  }
  return base;
}

}  // namespace

Result<Comb> pack(const Dfa& dfa) {
  constexpr unsigned kClasses = 256 - GL_KEY_FIRST;
  if (dfa.class_count > kClasses)
    return fail(
        Exit::usage,
        fmt::format("the path patterns tell {} kinds of bytes apart, and an image can hold {}",
                    dfa.class_count, kClasses),
        "use fewer different bytes beyond ASCII in path patterns");
  FreeCells free;
  const std::vector<std::uint32_t> base = place(dfa, free);
  if (base.empty())
    return fail(Exit::usage,
                fmt::format("the path patterns need {} states and {} transitions, more than an "
                            "image of {} bytes has room for",
                            dfa.states(), dfa.edges.size(), GL_IMAGE_SIZE_MAX),
                "split the profile, or use wider patterns");
  Comb out;
  for (unsigned c = 0; c < 256; ++c)
    out.classes[c] = static_cast<std::uint8_t>(dfa.classes[c] + GL_KEY_FIRST);
  // Room behind the last state for every key, so that no step leaves the comb.
  const std::uint32_t top = *std::ranges::max_element(base);
  out.cells.resize((top + GL_KEY_FIRST + dfa.class_count + 1) & ~1u, 0);
  for (std::uint32_t s = 1; s < dfa.states(); ++s) {
    out.cells[base[s]] = GL_COMB_CELL(GL_KEY_DEFAULT, base[dfa.fallback[s]]);
    if (dfa.accept[s] != 0)
      out.cells[base[s] + GL_KEY_ACCEPT] = GL_COMB_CELL(GL_KEY_ACCEPT, dfa.accept[s]);
    for (const Edge& e : dfa.row(s))
      out.cells[base[s] + e.cls + GL_KEY_FIRST] =
          GL_COMB_CELL(e.cls + GL_KEY_FIRST, base[e.target]);
  }
  out.start = base[dfa.start];
  return out;
}

}  // namespace glacis::image
