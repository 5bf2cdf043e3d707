// SPDX-License-Identifier: Apache-2.0
// The rules that meet in one state of the automaton, folded into one record
// (lsm/abi/image.h: deny wins, each bit leads to one rule).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "lsm/abi/image.h"
#include "manager/profile/model.h"

namespace glacis::image {

class AcceptTable {
 public:
  // What a tag of the automaton stands for.
  struct Entry {
    profile::RuleId rule = 0;
    const profile::PathRule* path = nullptr;
  };

  explicit AcceptTable(std::vector<Entry> entries);

  // The number of the record for these tags (indexes of entries); 0 if they
  // grant and refuse nothing.
  std::uint32_t number(std::span<const std::uint32_t> tags);

  // Where both tags accept, the second changes nothing (dominance.h).
  [[nodiscard]] bool covers(std::uint32_t tag, std::uint32_t other) const;

  // The records in the order of `numbers`, which are renumbered 1 .. in it.
  struct Sections {
    std::vector<gl_accept> accepts;  // record 0 is zero
    std::vector<std::uint16_t> rule_refs;
  };
  Sections emit(std::vector<std::uint32_t>& numbers) const;

 private:
  struct Record {
    std::uint32_t allow = 0, allow_self = 0, allow_root = 0, deny = 0;
    std::vector<std::uint16_t> rules;  // by bit of the union, ascending
    friend auto operator<=>(const Record&, const Record&) = default;
  };

  [[nodiscard]] Record fold(std::span<const std::uint32_t> tags) const;

  std::vector<Entry> entries_;
  std::map<Record, std::uint32_t> index_;
  std::vector<const Record*> records_{nullptr};  // by number
};

}  // namespace glacis::image
