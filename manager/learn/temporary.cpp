// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/temporary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "manager/learn/shape.h"

namespace glacis::learn {
namespace {

constexpr std::size_t kBeginning = 3;  // bytes that names of one kind have in common
constexpr std::size_t kDrawn = 6;      // bytes that are drawn, at least
constexpr std::size_t kAllDrawn = 8;   // where names have nothing in common
constexpr std::uint32_t kGone = GL_FILE_RENAME | GL_FILE_UNLINK;

std::string_view name_of(const SeenPath& one) {
  return std::string_view(one.path).substr(one.path.rfind('/') + 1);
}

std::string_view ending_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == name.npos || dot < kBeginning ? std::string_view() : name.substr(dot);
}

bool drawn(std::string_view text) {
  return text.size() >= kDrawn && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '_';
         });
}

// Made, and renamed or removed.
bool passes(const SeenPath& one) {
  return (one.access & making_accesses) != 0 && (one.access & kGone) != 0 &&
         (one.access & code_accesses) == 0 && name_of(one).size() >= kBeginning + kDrawn - 1;
}

// Nothing where they are not of one kind.
std::string pattern_of(const std::vector<SeenPath>& seen, const std::vector<std::size_t>& group) {
  const std::string_view first = name_of(seen[group.front()]);
  const std::size_t end = first.size() - ending_of(first).size();
  std::size_t same = end;
  for (const std::size_t i : group) {
    const std::string_view name = name_of(seen[i]);
    same = static_cast<std::size_t>(std::mismatch(first.begin(),
                                                  first.begin() + static_cast<std::ptrdiff_t>(same),
                                                  name.begin())
                                        .first -
                                    first.begin());
  }
  bool numbers = true;  // have a pattern of their own, of any length
  for (const std::size_t i : group) {
    const std::string_view between = name_of(seen[i]).substr(same, end - same);
    if (!drawn(between)) return {};
    numbers = numbers && between.find_first_not_of("0123456789") == between.npos;
  }
  if (numbers) return {};
  return glob_quoted(first.substr(0, same)) + std::string(end - same, '?') +
         glob_quoted(first.substr(end));
}

}  // namespace

std::vector<std::string> temporary_names(const std::vector<SeenPath>& seen,
                                         const Settings& settings, Work& work) {
  std::vector<std::string> out(seen.size());
  for (const std::size_t beginning : {kBeginning, std::size_t{0}}) {
    std::map<std::string, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      work.steps += 1;
      if (!out[i].empty() || !passes(seen[i])) continue;
      const std::string_view name = name_of(seen[i]);
      // Of any name, only where nobody else's file is meant.
      if (beginning == 0 && (!seen[i].own || name.size() < kAllDrawn)) continue;
      const std::size_t folder = seen[i].path.size() - name.size();
      groups[fmt::format("{}\n{:x}\n{}\n{}\n{}", std::string_view(seen[i].path).substr(0, folder),
                         seen[i].access, name.size(), name.substr(0, beginning), ending_of(name))]
          .push_back(i);
    }
    for (const auto& [key, group] : groups) {
      if (group.size() < settings.made) continue;
      const std::string pattern = pattern_of(seen, group);
      for (const std::size_t i : group) out[i] = pattern;
    }
  }
  return out;
}

}  // namespace glacis::learn
