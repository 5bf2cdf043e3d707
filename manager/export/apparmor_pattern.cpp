// SPDX-License-Identifier: Apache-2.0
#include "manager/export/apparmor_pattern.h"

#include <algorithm>
#include <cstddef>

#include "manager/export/tree.h"
#include "manager/profile/glob.h"

namespace glacis::exports {
namespace {

constexpr std::string_view special = "*?[]{}^\\\",@";
constexpr std::string_view plain = "._-/+:=%~*?[]{}^\\,@";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         plain.find(c) != std::string_view::npos;
}

class Converter {
 public:
  explicit Converter(std::string_view glob) : glob_(glob) {}

  std::string run() {
    while (at_ < glob_.size()) one();
    return std::move(out_);
  }

 private:
  void one() {
    const char c = glob_[at_];
    switch (c) {
      case '\\':
        ++at_;
        if (at_ < glob_.size()) literal(glob_[at_++]);
        return;
      case '[':
        set();
        return;
      case '{':
        ++at_;
        braces(true);
        return;
      case '}':
        ++at_;
        braces(false);
        return;
      case '*':
      case '?':
      case ',':
        out_ += c;
        ++at_;
        return;
      default:
        literal(c);
        ++at_;
    }
  }

  void literal(char c) {
    // Before a brace it would start a variable.
    if (c == '@') {
      out_ += "[@]";
      return;
    }
    if (special.find(c) != std::string_view::npos) out_ += '\\';
    out_ += c;
  }

  // A negated set takes a slash there.
  void set() {
    out_ += glob_[at_++];
    if (at_ < glob_.size() && glob_[at_] == '^') {
      out_ += "^/";
      ++at_;
    }
    while (at_ < glob_.size() && glob_[at_] != ']') {
      if (glob_[at_] == '\\' && at_ + 1 < glob_.size()) out_ += glob_[at_++];
      out_ += glob_[at_++];
    }
    if (at_ < glob_.size()) out_ += glob_[at_++];
  }

  // Braces around one alternative are no alternation there.
  void braces(bool opens) {
    if (opens) {
      kept_ += has_comma() ? '1' : '0';
      if (kept_.back() == '1') out_ += '{';
      return;
    }
    if (kept_.empty()) return;
    if (kept_.back() == '1') out_ += '}';
    kept_.pop_back();
  }

  [[nodiscard]] bool has_comma() const {
    int depth = 0;
    for (std::size_t i = at_; i < glob_.size(); ++i) {
      if (glob_[i] == '\\') {
        ++i;
      } else if (glob_[i] == '{') {
        ++depth;
      } else if (glob_[i] == '}') {
        if (depth-- == 0) return false;
      } else if (glob_[i] == ',' && depth == 0) {
        return true;
      }
    }
    return false;
  }

  std::string_view glob_;
  std::string out_;
  std::string kept_;
  std::size_t at_ = 0;
};

bool is_written(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    // A quote that is special already has its backslash.
    if (text[i] == '\\' && i + 1 < text.size()) out += text[i++];
    out += text[i];
  }
  return out + '"';
}

}  // namespace

std::optional<std::string> apparmor_pattern(std::string_view glob, std::string_view tail) {
  if (!is_written(glob)) return std::nullopt;
  std::string text = Converter(glob).run();
  text += tail;
  const bool word = std::ranges::all_of(text, is_plain) && !text.ends_with(',');
  return word ? text : quoted(text);
}

std::optional<std::string> apparmor_address(std::string_view glob) {
  if (!is_written(glob) || !glob.starts_with('@')) return std::nullopt;
  return quoted("@" + Converter(glob.substr(1)).run());
}

std::vector<std::string> alike(std::string_view glob) {
  const auto all = profile::expand(glob);
  if (!all) return {std::string(glob)};
  const auto crosses = [](const profile::GlobTokens& tokens) {
    return !tokens.empty() &&
           (tokens.size() == 1 || tokens.back().kind == profile::GlobToken::Kind::double_star);
  };
  const auto ends = std::ranges::count_if(*all, crosses);
  bool same = ends == 0 || ends == static_cast<long>(all->size());
  for (std::size_t i = 0; i + 1 < glob.size() && same; ++i) {
    if (glob[i] == '\\') {
      ++i;
      continue;
    }
    if (glob[i] != '/' || glob[i + 1] != '*') continue;
    const std::size_t end = std::min(glob.find_first_not_of('*', i + 1), glob.size());
    same = end == glob.size() || std::string_view("{},").find(glob[end]) == std::string_view::npos;
  }
  if (same) return {std::string(glob)};
  std::vector<std::string> out;
  for (const profile::GlobTokens& tokens : *all) {
    std::string text = text_of(tokens);
    if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  }
  return out;
}

bool matches_directories(std::string_view glob) {
  const auto all = profile::expand(glob);
  if (!all) return false;
  return std::ranges::all_of(*all, [](const profile::GlobTokens& tokens) {
    return !tokens.empty() &&
           (tokens.size() == 1 || tokens.back().kind == profile::GlobToken::Kind::double_star);
  });
}

}  // namespace glacis::exports
