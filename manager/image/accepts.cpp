// SPDX-License-Identifier: Apache-2.0
#include "manager/image/accepts.h"

#include <array>
#include <bit>
#include <utility>

namespace glacis::image {
namespace {

constexpr unsigned kBits = 32;
constexpr std::uint32_t kAccesses = GL_FILE_ALL | GL_FILE_MARKS;

// For each bit the lowest rule that speaks of it; 0 = none.
struct Lowest {
  std::array<std::uint16_t, kBits> rule{};
  std::uint32_t bits = 0;

  void add(std::uint32_t access, std::uint16_t id) {
    bits |= access;
    for (std::uint32_t left = access; left != 0; left &= left - 1) {
      std::uint16_t& at = rule[static_cast<unsigned>(std::countr_zero(left))];
      if (at == 0 || id < at) at = id;
    }
  }
};

}  // namespace

AcceptTable::AcceptTable(std::vector<Entry> entries) : entries_(std::move(entries)) {}

AcceptTable::Record AcceptTable::fold(std::span<const std::uint32_t> tags) const {
  Lowest deny, allow, conditional;
  Record out;
  for (const std::uint32_t tag : tags) {
    const auto& [id, path] = entries_[tag];
    const std::uint32_t access = path->access & kAccesses;
    if (path->deny) {
      deny.add(access, id);
    } else if (path->owner == profile::Owner::any) {
      allow.add(access, id);
    } else {
      conditional.add(access, id);
      (path->owner == profile::Owner::self ? out.allow_self : out.allow_root) |= access;
    }
  }
  out.deny = deny.bits;
  out.allow = allow.bits & ~deny.bits;
  // What holds for every owner need not be said again for one.
  out.allow_self &= ~(deny.bits | allow.bits);
  out.allow_root &= ~(deny.bits | allow.bits);
  for (unsigned bit = 0; bit < kBits; ++bit) {
    const std::uint16_t denied = deny.rule[bit], allowed = allow.rule[bit];
    const std::uint16_t rule = denied ? denied : allowed ? allowed : conditional.rule[bit];
    if (rule != 0) out.rules.push_back(rule);
  }
  return out;
}

std::uint32_t AcceptTable::number(std::span<const std::uint32_t> tags) {
  Record record = fold(tags);
  if (record.rules.empty()) return 0;
  const auto [it, added] =
      index_.try_emplace(std::move(record), static_cast<std::uint32_t>(records_.size()));
  if (added) records_.push_back(&it->first);
  return it->second;
}

bool AcceptTable::covers(std::uint32_t tag, std::uint32_t other) const {
  const profile::PathRule& a = *entries_[tag].path;
  const profile::PathRule& b = *entries_[other].path;
  if (b.access & ~a.access & kAccesses) return false;
  const auto rank = [](const profile::PathRule& p) {
    return p.deny ? 2 : p.owner == profile::Owner::any ? 1 : 0;
  };
  if (rank(a) != rank(b)) return rank(a) > rank(b);
  return a.owner == b.owner && entries_[tag].rule <= entries_[other].rule;
}

AcceptTable::Sections AcceptTable::emit(std::vector<std::uint32_t>& numbers) const {
  Sections out;
  out.accepts.push_back(gl_accept{});
  std::vector<std::uint32_t> renumbered(records_.size(), 0);
  std::map<std::vector<std::uint16_t>, std::uint32_t> runs;
  for (std::uint32_t& number : numbers) {
    if (number == 0) continue;
    if (renumbered[number] == 0) {
      const Record& record = *records_[number];
      const auto [run, added] =
          runs.try_emplace(record.rules, static_cast<std::uint32_t>(out.rule_refs.size()));
      if (added)
        out.rule_refs.insert(out.rule_refs.end(), record.rules.begin(), record.rules.end());
      renumbered[number] = static_cast<std::uint32_t>(out.accepts.size());
      out.accepts.push_back(
          {record.allow, record.allow_self, record.allow_root, record.deny, run->second, 0});
    }
    number = renumbered[number];
  }
  return out;
}

}  // namespace glacis::image
