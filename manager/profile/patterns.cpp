// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/patterns.h"

#include <algorithm>
#include <variant>

namespace glacis::profile {
namespace {

// Steps of comparison for one profile: some tenths of a second at worst.
constexpr std::size_t most_work = 20'000'000;
// What a comparison costs however short the patterns are.
constexpr std::size_t fixed_work = 16;

std::size_t size_of(const Alternatives& alternatives) {
  std::size_t size = 0;
  for (const GlobTokens& tokens : alternatives) size += tokens.size() + 1;
  return size;
}

}  // namespace

bool prefixes_agree(const std::string& a, const std::string& b) {
  return a.size() < b.size() ? b.starts_with(a) : a.starts_with(b);
}

Patterns::Patterns(const Resolved& resolved) {
  const std::vector<Rule>& rules = resolved.profile.rules;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto* path = std::get_if<PathRule>(&rules[i].body);
    if (path == nullptr) continue;
    all_.push_back({&rules[i], path, resolved.layers[i], literal_prefix(path->glob), std::nullopt});
  }
}

const Alternatives& Patterns::tokens(PathPattern& pattern) {
  if (!pattern.alternatives) {
    // Well formed, or there would be no rule.
    pattern.alternatives = expand(pattern.path->glob).value_or(Alternatives());
    work_ += size_of(*pattern.alternatives);
  }
  return *pattern.alternatives;
}

bool Patterns::spend(const Alternatives& a, const Alternatives& b) {
  work_ += size_of(a) * size_of(b) / 8 + fixed_work;
  cut_short_ = cut_short_ || work_ > most_work;
  return !cut_short_;
}

bool Patterns::covers(PathPattern& outer, PathPattern& inner) {
  if (cut_short_ || !prefixes_agree(outer.prefix, inner.prefix)) return false;
  return covers(outer, tokens(inner), inner.prefix);
}

bool Patterns::covers(PathPattern& outer, const Alternatives& inner, const std::string& prefix) {
  if (cut_short_ || !prefixes_agree(outer.prefix, prefix)) return false;
  const Alternatives& large = tokens(outer);
  return spend(large, inner) && profile::covers(large, inner);
}

bool Patterns::meet(PathPattern& a, PathPattern& b) {
  if (cut_short_ || !prefixes_agree(a.prefix, b.prefix)) return false;
  return meet(a, tokens(b), b.prefix);
}

bool Patterns::meet(PathPattern& a, const Alternatives& b, const std::string& prefix) {
  if (cut_short_ || !prefixes_agree(a.prefix, prefix)) return false;
  const Alternatives& left = tokens(a);
  return spend(left, b) && profile::meet(left, b);
}

}  // namespace glacis::profile
