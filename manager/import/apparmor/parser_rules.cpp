// SPDX-License-Identifier: Apache-2.0
// The rules of a profile. Most have one form: a keyword, accesses in brackets,
// conditions, paths, and a target behind an arrow.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "manager/base/escape.h"
#include "manager/base/similar.h"
#include "manager/import/apparmor/parser_state.h"

namespace glacis::import::apparmor {
namespace {

struct Keyword {
  std::string_view word;
  Kind kind;
};

constexpr std::array<Keyword, 20> keywords = {{
    {"capability", Kind::capability},
    {"network", Kind::network},
    {"mount", Kind::mount},
    {"remount", Kind::remount},
    {"umount", Kind::umount},
    {"unmount", Kind::umount},
    {"pivot_root", Kind::pivot_root},
    {"ptrace", Kind::ptrace},
    {"signal", Kind::signal},
    {"dbus", Kind::dbus},
    {"unix", Kind::unix_socket},
    {"set", Kind::rlimit},
    {"rlimit", Kind::rlimit},
    {"change_profile", Kind::change_profile},
    {"userns", Kind::userns},
    {"io_uring", Kind::io_uring},
    {"mqueue", Kind::mqueue},
    {"all", Kind::all},
    {"link", Kind::link},
    {"file", Kind::file},
}};

const Keyword* find(std::string_view word) {
  for (const Keyword& keyword : keywords) {
    if (keyword.word == word) return &keyword;
  }
  return nullptr;
}

bool starts_path(const Word& word) {
  return word.quoted || word.text.starts_with('/') || word.text.starts_with("@{") ||
         word.text.starts_with('{');
}

bool is_access(std::string_view text) {
  return !text.empty() && text.find_first_not_of("rwalkmixpPcCuU") == std::string_view::npos;
}

std::string near(std::string_view word) {
  std::vector<std::string_view> words;
  for (const Keyword& keyword : keywords) words.push_back(keyword.word);
  const auto found = closest(word, words);
  return found ? fmt::format("did you mean `{}`?", *found) : std::string();
}

}  // namespace

bool Parser::end_of_rule(Lexer& lexer) {
  lexer.skip();
  if (lexer.take(',')) return true;
  return fail(lexer.here(), "a rule ends with a comma", "add the comma in front of this");
}

bool Parser::list(Lexer& lexer, std::vector<Word>& words, std::vector<Condition>& parts) {
  if (!lexer.take('(')) return fail(lexer.here(), "`(` is wanted here");
  for (;;) {
    lexer.skip();
    if (lexer.take(')')) return true;
    if (lexer.take(',')) continue;
    const diag::Span here = lexer.here();
    if (++statements_ > most_rules) return too_much(here, "more words than are read");
    if (auto key = lexer.key()) {
      Condition part;
      part.key = std::move(*key);
      if (depth_ >= deepest_block) return too_much(here, "brackets nest too deeply");
      ++depth_;
      const bool done = value(lexer, part, true);
      --depth_;
      if (!done) return false;
      parts.push_back(std::move(part));
      continue;
    }
    auto item = lexer.item();
    if (!item) return fail(here, "`)` is wanted here");
    words.push_back(std::move(*item));
  }
}

bool Parser::value(Lexer& lexer, Condition& out, bool in_brackets) {
  lexer.skip();
  if (!lexer.take('=')) out.in = lexer.take(std::string_view("in"));
  lexer.skip();
  if (lexer.peek() == '(') return list(lexer, out.values, out.parts);
  const diag::Span here = lexer.here();
  auto word = in_brackets ? lexer.item() : lexer.word();
  if (!word) return fail(here, fmt::format("`{}` has no value", out.key.text));
  out.values.push_back(std::move(*word));
  return true;
}

bool Parser::target(Lexer& lexer, Rule& out) {
  lexer.skip();
  const diag::Span here = lexer.here();
  out.target = lexer.word();
  return out.target ? true : fail(here, "something is wanted behind `->`");
}

bool Parser::general(Lexer& lexer, Rule& out) {
  for (;;) {
    lexer.skip();
    if (lexer.take(',')) return true;
    const diag::Span here = lexer.here();
    if (++statements_ > most_rules) return too_much(here, "more words than are read");
    if (lexer.peek() == '(') {
      if (!list(lexer, out.access, out.conditions)) return false;
    } else if (lexer.take(std::string_view("->"))) {
      if (!target(lexer, out)) return false;
    } else if (auto key = lexer.key()) {
      Condition condition;
      condition.key = std::move(*key);
      if (!value(lexer, condition, false)) return false;
      out.conditions.push_back(std::move(condition));
    } else {
      auto word = lexer.word();
      if (!word) return end_of_rule(lexer);
      out.words.push_back(std::move(*word));
    }
  }
}

bool Parser::file_rule(Lexer& lexer, Rule& out) {
  lexer.skip();
  if (lexer.take(',')) return true;  // file,
  std::vector<Word> words;
  while (lexer.skip(), words.size() < 2) {
    const diag::Span here = lexer.here();
    auto word = lexer.word();
    if (!word) return fail(here, "a path and its permissions are wanted");
    if (word->text == "safe") {
      out.safe = true;
    } else if (word->text == "unsafe") {
      out.unsafe = true;
    } else {
      words.push_back(std::move(*word));
    }
  }
  const bool path_first = starts_path(words[0]);
  Word& path = words[path_first ? 0 : 1];
  Word& access = words[path_first ? 1 : 0];
  if (!is_access(access.text)) {
    return fail(access.span, fmt::format("`{}` are no permissions", Untrusted(access.text)),
                path_first ? "" : near(access.text));
  }
  if (!starts_path(path)) {
    return fail(path.span, fmt::format("`{}` is no path", Untrusted(path.text)));
  }
  out.words.push_back(std::move(path));
  out.access.push_back(std::move(access));
  if (lexer.take(std::string_view("->")) && !target(lexer, out)) return false;
  return end_of_rule(lexer);
}

bool Parser::qualifiers(Lexer& lexer, Qualifiers& out) {
  for (;;) {
    lexer.skip();
    const std::string_view word = lexer.keyword();
    if (word == "audit")
      out.audit = true;
    else if (word == "deny")
      out.deny = true;
    else if (word == "allow")
      out.deny = false;
    else if (word == "quiet")
      out.quiet = true;
    else if (word == "prompt")
      out.prompt = true;
    else if (word == "owner")
      out.owner = true;
    else if (word == "other")
      out.other = true;
    else if (word != "priority")
      return true;
    lexer.take(word);
    if (word != "priority") continue;
    lexer.skip();
    if (!lexer.take('=')) return fail(lexer.here(), "`priority=N` is wanted");
    lexer.skip();
    const diag::Span here = lexer.here();
    const auto number = lexer.word();
    const std::string text = number ? number->text : std::string();
    const auto end = std::from_chars(text.data(), text.data() + text.size(), out.priority);
    if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) {
      return fail(here, "a priority is a number");
    }
  }
}

bool Parser::rule(Lexer& lexer, Block block) {
  Rule out;
  out.qualifiers = block.qualifiers;
  out.span = lexer.here();
  if (!qualifiers(lexer, out.qualifiers)) return false;
  lexer.skip();
  if (lexer.take('{')) {
    if (depth_ >= deepest_block) return too_much(out.span, "blocks nest too deeply");
    ++depth_;
    const bool done = statements(lexer, {block.profile, out.qualifiers}, true);
    --depth_;
    return done;
  }
  const std::string_view word = lexer.keyword();
  if (word == "profile" || word == "hat" || lexer.peek() == '^') {
    return profile(lexer, block.profile->children, block.profile);
  }
  const Keyword* keyword = find(word);
  bool done = false;
  if (keyword == nullptr || keyword->kind == Kind::file) {
    if (keyword != nullptr) lexer.take(word);
    done = file_rule(lexer, out);
  } else {
    out.kind = keyword->kind;
    lexer.take(word);
    done = general(lexer, out);
  }
  if (!done) return false;
  // One line of it, for marks.
  const diag::Span end = lexer.here();
  out.span.end = end.line == out.span.line && end.column > out.span.column + 1
                     ? end.column - 1
                     : out.span.column + 1;
  block.profile->rules.push_back(std::move(out));
  return true;
}

}  // namespace glacis::import::apparmor
