// SPDX-License-Identifier: Apache-2.0
#include "manager/image/nearest.h"

#include <algorithm>
#include <tuple>

#include "manager/profile/glob.h"

namespace glacis::image {
namespace {

struct Likeness {
  std::size_t directories = 0;
  bool grants = false;      // an access that was asked for
  std::size_t letters = 0;  // of the common beginning
  friend auto operator<=>(const Likeness&, const Likeness&) = default;
};

Likeness compare(const SourceRule& rule, std::string_view path, std::uint32_t access) {
  const std::string prefix = profile::literal_prefix(rule.glob);
  const auto end = std::ranges::mismatch(prefix, path).in1;
  const auto letters = static_cast<std::size_t>(end - prefix.begin());
  const auto slashes = std::count(prefix.begin(), end, '/');
  return {static_cast<std::size_t>(slashes), !rule.deny && (rule.access & access) != 0, letters};
}

}  // namespace

std::optional<profile::RuleId> nearest(const SourceMap& map, std::string_view path,
                                       std::uint32_t access) {
  const bool abstract = path.starts_with('@');
  std::optional<profile::RuleId> best;
  Likeness likeness{abstract ? 0u : 1u, true, static_cast<std::size_t>(-1)};  // "/" is not enough
  for (const SourceRule& rule : map.rules) {
    if (rule.glob.empty() || rule.glob.starts_with('@') != abstract) continue;
    const Likeness own = compare(rule, path, access);
    if (abstract && own.letters < 2) continue;
    if (best ? own > likeness : own.directories > likeness.directories || abstract) {
      best = rule.id;
      likeness = own;
    }
  }
  return best;
}

}  // namespace glacis::image
