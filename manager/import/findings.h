// SPDX-License-Identifier: Apache-2.0
// What an import changes in meaning. The severity of the code is the consequence:
// a warning is looser than what was imported, a note is tighter. One finding is
// said once, with the places that it is about.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "manager/diag/diagnostic.h"

namespace glacis::import {

class Findings {
 public:
  void add(diag::Code code, std::string message, diag::Span span) {
    all_[{code, std::move(message)}].insert({span.file, span.line, span.column, span.end});
  }
  void add(const Findings& more) {
    for (const auto& [what, places] : more.all_) all_[what].insert(places.begin(), places.end());
  }
  // Names a few places of each.
  void write_to(diag::Diagnostics& diagnostics) const;
  [[nodiscard]] bool empty() const { return all_.empty(); }

  // Places by file, line, column and end: an abstraction's are those of many profiles.
  using Place = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
  using All = std::map<std::pair<diag::Code, std::string>, std::set<Place>>;
  [[nodiscard]] const All& all() const { return all_; }

 private:
  All all_;
};

// How much of a policy came through. Each rule counts once, by the worst.
struct Tally {
  std::size_t same = 0;
  std::size_t looser = 0;
  std::size_t tighter = 0;
  std::size_t lost = 0;  // nothing of it is left

  [[nodiscard]] std::size_t all() const { return same + looser + tighter + lost; }
  void add(const Tally& other) {
    same += other.same;
    looser += other.looser;
    tighter += other.tighter;
    lost += other.lost;
  }
};

}  // namespace glacis::import
