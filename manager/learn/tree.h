// SPDX-License-Identifier: Apache-2.0
// The files that exist, to say what a pattern would admit beyond what was seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace glacis::learn {

class Tree {
 public:
  struct Entry {
    std::string name;
    bool folder = false;
  };
  virtual ~Tree() = default;
  // Nothing for what is no folder, or can't be read. Links are not followed.
  [[nodiscard]] virtual std::vector<Entry> list(const std::string& folder) const = 0;
};

class DiskTree : public Tree {
 public:
  std::vector<Entry> list(const std::string& folder) const override;
};

struct Admitted {
  std::uint64_t files = 0;           // that exist and were not seen
  bool more = false;                 // counting ended early
  std::vector<std::string> samples;  // bytes that others chose
};

inline constexpr std::size_t most_looked_at = 20'000;
inline constexpr std::size_t most_samples = 3;

[[nodiscard]] Admitted measure(std::string_view glob, const std::unordered_set<std::string>& seen,
                               const Tree& tree);

}  // namespace glacis::learn
