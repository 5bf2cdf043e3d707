// SPDX-License-Identifier: Apache-2.0
#include "manager/import/apparmor/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <optional>
#include <utility>

#include "manager/import/apparmor/pattern_tree.h"
#include "manager/profile/glob.h"

namespace glacis::import::apparmor {
namespace {

using Failure = std::unexpected<PatternError>;

// The patterns whose matches, with a slash added, `seq` matches.
void without_slash(Sequence seq, std::vector<Sequence>& out, std::size_t& work) {
  if (seq.empty() || work == 0) return;
  --work;
  const Element last = seq.back();
  seq.pop_back();
  switch (last.kind) {
    case Element::Kind::byte:
      if (last.byte == '/') out.push_back(std::move(seq));
      return;
    case Element::Kind::set:
      return;
    case Element::Kind::star:
      if (!last.filled) without_slash(std::move(seq), out, work);
      return;
    case Element::Kind::double_star: {
      if (!last.filled) without_slash(seq, out, work);
      seq.push_back(last);
      out.push_back(std::move(seq));
      return;
    }
    case Element::Kind::choice:
      for (const Sequence& branch : last.branches) {
        Sequence whole = seq;
        whole.insert(whole.end(), branch.begin(), branch.end());
        without_slash(std::move(whole), out, work);
      }
      return;
  }
}

bool may_end_in_slash(const Sequence& seq) {
  if (seq.empty()) return true;
  const Element& last = seq.back();
  if (last.kind == Element::Kind::byte) return last.byte == '/';
  return last.kind == Element::Kind::choice && std::ranges::any_of(last.branches, may_end_in_slash);
}

// `seq` without what ends in a slash by its text. (A run may end in one too; no
// file's path does.)
void of_files(Sequence seq, std::vector<Sequence>& out, std::size_t& work) {
  if (seq.empty() || work == 0) return;
  --work;
  if (!may_end_in_slash(seq)) {
    out.push_back(std::move(seq));
    return;
  }
  const Element last = seq.back();
  seq.pop_back();
  if (last.kind != Element::Kind::choice) return;
  for (const Sequence& branch : last.branches) {
    Sequence whole = seq;
    whole.insert(whole.end(), branch.begin(), branch.end());
    of_files(std::move(whole), out, work);
  }
}

bool possible(const profile::GlobTokens& tokens) {
  using Kind = profile::GlobToken::Kind;
  const auto is = [](const profile::GlobToken& token, char c) {
    return token.kind == Kind::byte && token.byte == static_cast<unsigned char>(c);
  };
  if (tokens.empty() || !is(tokens[0], '/')) return false;
  if (tokens.size() == 1) return true;
  std::size_t begin = 1;
  for (std::size_t i = 1; i <= tokens.size(); ++i) {
    if (i < tokens.size() && !is(tokens[i], '/')) continue;
    const std::size_t length = i - begin;
    const bool dots = length > 0 && length <= 2 && is(tokens[begin], '.') && is(tokens[i - 1], '.');
    if (length == 0 || dots) return false;
    std::size_t bytes = 0;
    for (std::size_t k = begin; k < i; ++k) {
      bytes += tokens[k].kind == Kind::byte || tokens[k].kind == Kind::set;
    }
    if (bytes > profile::longest_name) return false;
    begin = i + 1;
  }
  return true;
}

// Every alternative is a path that can be, or they are taken apart until it is so.
std::optional<PatternError> add(const Sequence& seq, std::vector<std::string>& out,
                                std::size_t& work) {
  if (work == 0 || out.size() >= most_globs) {
    return PatternError{PatternError::Kind::too_large, "this is too many patterns"};
  }
  --work;
  const std::string text = render(seq);
  const auto all = profile::expand(text);
  if (!all && all.error().kind == profile::GlobError::Kind::malformed) {
    return PatternError{PatternError::Kind::not_text, all.error().what};
  }
  if (all && text.starts_with('/') && std::ranges::all_of(*all, possible)) {
    if (std::ranges::find(out, text) == out.end()) out.push_back(text);
    return std::nullopt;
  }
  const auto choice = std::ranges::find_if(
      seq, [](const Element& element) { return element.kind == Element::Kind::choice; });
  // It matches no path: nothing is lost.
  if (choice == seq.end()) return std::nullopt;
  for (const Sequence& branch : choice->branches) {
    Sequence whole(seq.begin(), choice);
    whole.insert(whole.end(), branch.begin(), branch.end());
    whole.insert(whole.end(), choice + 1, seq.end());
    // Slashes that meet here match no path there: they are joined before braces are taken apart.
    if (auto error = add(std::move(whole), out, work)) return error;
  }
  return std::nullopt;
}

std::optional<PatternError> render_all(const std::vector<Sequence>& all,
                                       std::vector<std::string>& out, std::size_t& work) {
  for (const Sequence& seq : all) {
    if (auto error = add(seq, out, work)) return error;
  }
  if (!std::ranges::all_of(out, is_text)) {
    return PatternError{PatternError::Kind::not_text, "this is no UTF-8, which profiles are in"};
  }
  return std::nullopt;
}

// Behind the first slash a run is not empty there, and here "/**" is the root too.
void leave_out_root(std::vector<std::string>& globs) {
  for (std::string& glob : globs)
    if (glob == "/*" || glob == "/**") glob = "/?" + glob.substr(1);
}

}  // namespace

std::expected<Globs, PatternError> globs_of(std::string_view text) {
  if (text.empty() || std::string_view("/{*[?").find(text[0]) == std::string_view::npos) {
    return Failure({PatternError::Kind::malformed, "a path starts with a slash"});
  }
  // The parser keeps two slashes at the beginning, as POSIX does, and no path has them.
  if (text.starts_with("//") && !text.starts_with("///")) return Globs{};
  auto seq = parse_pattern(text);
  if (!seq) return Failure(seq.error());
  std::vector<Sequence> files, directories;
  std::size_t work = most_globs;
  of_files(*seq, files, work);
  without_slash(*seq, directories, work);
  // The root itself: "/" with its slash taken is nothing.
  for (Sequence& one : directories) {
    if (one.empty()) one.push_back({Element::Kind::byte, '/'});
  }
  Globs out;
  auto error = render_all(files, out.files, work);
  if (!error) error = render_all(directories, out.directories, work);
  if (!error && work == 0) error = {PatternError::Kind::too_large, "this is too many patterns"};
  if (error) return Failure(std::move(*error));
  leave_out_root(out.files);
  leave_out_root(out.directories);
  return out;
}

std::expected<std::string, PatternError> name_of(std::string_view text) {
  const auto seq = parse_pattern(text);
  if (!seq) return Failure(seq.error());
  std::string out = render(*seq);
  if (!is_text(out)) {
    return Failure({PatternError::Kind::not_text, "this is no UTF-8, which profiles are in"});
  }
  return out;
}

bool last_name_is_finite(std::string_view glob) {
  const auto all = profile::expand(glob);
  if (!all) return false;
  return std::ranges::all_of(*all, [](const profile::GlobTokens& tokens) {
    for (auto it = tokens.rbegin(); it != tokens.rend(); ++it) {
      if (it->kind != profile::GlobToken::Kind::byte) return false;
      if (it->byte == '/') return true;
    }
    return true;
  });
}

}  // namespace glacis::import::apparmor
