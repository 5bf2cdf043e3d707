// SPDX-License-Identifier: Apache-2.0
#include "manager/import/systemd/groups.h"

#include <algorithm>

namespace glacis::import::systemd {
namespace {

constexpr std::size_t most_members = 65536;

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '@';
  });
}

}  // namespace

Groups Groups::parse(std::string_view text) {
  Groups out;
  std::vector<std::string>* group = nullptr;
  std::size_t members = 0;
  while (!text.empty() && members < most_members) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool indented = line.starts_with(' ') || line.starts_with('\t');
    while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
    while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
    if (!is_name(line)) continue;
    if (!indented) {
      group = line.starts_with('@') ? &out.members_[std::string(line)] : nullptr;
    } else if (group != nullptr) {
      group->emplace_back(line);
      ++members;
    }
  }
  return out;
}

std::optional<std::set<std::string>> Groups::calls(const std::string& name) const {
  if (!members_.contains(name)) return std::nullopt;
  std::set<std::string> seen = {name}, out;
  std::vector<std::string> open = {name};
  while (!open.empty()) {
    const auto found = members_.find(open.back());
    open.pop_back();
    if (found == members_.end()) continue;
    for (const std::string& member : found->second) {
      if (!member.starts_with('@')) {
        out.insert(member);
      } else if (seen.insert(member).second) {
        open.push_back(member);
      }
    }
  }
  return out;
}

}  // namespace glacis::import::systemd
