// SPDX-License-Identifier: Apache-2.0
#include "manager/import/apparmor/variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "manager/base/escape.h"

namespace glacis::import::apparmor {

using diag::Code;

std::optional<std::string> Variables::expand(const Word& word) {
  return expand(word.text, word.span);
}

const std::vector<std::string>* Variables::values(const std::string& name, diag::Span span) {
  if (const auto own = own_.find(name); own != own_.end()) return &own->second;
  if (const auto known = known_.find(name); known != known_.end()) return &known->second;
  const auto written = policy_.variables.find(name);
  if (written == policy_.variables.end()) {
    diagnostics_.add(Code::GL209, fmt::format("`@{{{}}}` is not defined", Untrusted(name)))
        .at(span)
        .suggest("include <tunables/global>, or define it in front of the profile");
    return nullptr;
  }
  if (std::ranges::find(open_, name) != open_.end() || open_.size() > 64) {
    diagnostics_.add(Code::GL210, fmt::format("`@{{{}}}` refers to itself", Untrusted(name)))
        .at(written->second.front().span);
    return nullptr;
  }
  open_.push_back(name);
  std::vector<std::string> out;
  for (const Word& value : written->second) {
    auto text = expand(value);
    if (!text) break;
    out.push_back(std::move(*text));
  }
  open_.pop_back();
  if (out.size() != written->second.size()) return nullptr;
  return &known_.emplace(name, std::move(out)).first->second;
}

std::optional<std::string> Variables::expand(const std::string& text, diag::Span span) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      out.append(text, at, 2);
      at += 2;
      continue;
    }
    const std::size_t end = text.compare(at, 2, "@{") == 0 ? text.find('}', at) : std::string::npos;
    if (end == std::string::npos) {
      out += text[at++];
      continue;
    }
    const auto* all = values(text.substr(at + 2, end - at - 2), span);
    if (all == nullptr) return std::nullopt;
    at = end + 1;
    // With one value "/@{PROC}/" begins with two slashes there, which stay (globs_of).
    const bool after_slash = out.ends_with('/') && (out != "/" || all->size() > 1);
    const bool before_slash = at < text.size() && text[at] == '/';
    if (all->size() > 1) out += '{';
    for (std::size_t i = 0; i < all->size(); ++i) {
      std::string_view value = (*all)[i];
      if (after_slash) value.remove_prefix(std::min(value.find_first_not_of('/'), value.size()));
      while (before_slash && value.ends_with('/')) value.remove_suffix(1);
      if (i != 0) out += ',';
      out += value;
      if (out.size() <= longest_expansion) continue;
      diagnostics_.add(Code::GL208, "with its variables this is too long").at(span);
      return std::nullopt;
    }
    if (all->size() > 1) out += '}';
  }
  return out;
}

}  // namespace glacis::import::apparmor
