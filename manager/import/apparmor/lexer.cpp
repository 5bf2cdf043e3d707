// SPDX-License-Identifier: Apache-2.0
#include "manager/import/apparmor/lexer.h"

namespace glacis::import::apparmor {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_name(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

}  // namespace

void Lexer::step() {
  if (text_[at_] == '\n') {
    ++line_;
    line_start_ = at_ + 1;
  }
  ++at_;
}

void Lexer::skip() {
  constexpr std::string_view include = "#include";
  while (!at_end()) {
    if (is_space(peek())) {
      step();
    } else if (peek() == '#' && !(text_.substr(at_).starts_with(include) &&
                                  (is_space(peek(include.size())) || peek(include.size()) == '<' ||
                                   peek(include.size()) == '"'))) {
      while (!at_end() && peek() != '\n') step();
    } else {
      return;
    }
  }
}

bool Lexer::take(char c) {
  if (at_end() || peek() != c) return false;
  step();
  return true;
}

bool Lexer::take(std::string_view text) {
  if (!text_.substr(at_).starts_with(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) step();
  return true;
}

diag::Span Lexer::here() const {
  const auto column = static_cast<std::uint32_t>(at_ - line_start_ + 1);
  return {file_, line_, column, column + 1};
}

Word Lexer::cut(std::size_t begin, std::size_t end) const {
  Word out;
  out.text = std::string(text_.substr(begin, end - begin));
  const auto column = static_cast<std::uint32_t>(begin - line_start_ + 1);
  out.span = {file_, line_, column, column + static_cast<std::uint32_t>(end - begin)};
  return out;
}

bool Lexer::ends(Until until, int depth) const {
  const char c = peek();
  if (is_space(c)) return true;
  if (until == Until::space) return false;
  const char next = peek(1);
  const bool last = next == '\0' || is_space(next);
  if (c == '"') return true;
  if (until == Until::item) return (c == ',' && depth == 0) || c == ')';
  // A brace with a space behind it opens a block, and one that nothing opened
  // closes one.
  if (c == '{') return last;
  if (c == '}') return depth == 0;
  return c == ',' && last;
}

std::optional<Word> Lexer::read(Until until) {
  if (peek() == '"') return quoted();
  const std::size_t begin = at_;
  int depth = 0;
  while (!at_end() && !ends(until, depth)) {
    const char c = peek();
    if (c == '\\' && at_ + 1 < text_.size() && peek(1) != '\n' && peek(1) != '\r') step();
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
    step();
  }
  if (at_ == begin) return std::nullopt;
  return cut(begin, at_);
}

// A backslash stays in the text, but for one before a quote.
std::optional<Word> Lexer::quoted() {
  const std::size_t begin = at_;
  step();
  std::string text;
  while (!at_end() && peek() != '"' && peek() != '\n') {
    if (peek() == '\\' && peek(1) == '"') {
      step();
    } else if (peek() == '\\' && peek(1) == '\\') {
      text += '\\';
      step();
    }
    text += peek();
    step();
  }
  if (peek() != '"') return std::nullopt;
  step();
  Word out = cut(begin, at_);
  out.text = std::move(text);
  out.quoted = true;
  return out;
}

std::optional<Word> Lexer::word() { return read(Until::rule); }
std::optional<Word> Lexer::item() { return read(Until::item); }
std::optional<Word> Lexer::value() { return read(Until::space); }

std::optional<Word> Lexer::key() {
  std::size_t end = at_;
  while (end < text_.size() && (is_letter(text_[end]) || text_[end] == '.')) ++end;
  if (end == at_) return std::nullopt;
  std::size_t next = end;
  while (next < text_.size() && (text_[next] == ' ' || text_[next] == '\t')) ++next;
  const std::string_view rest = text_.substr(next);
  bool is_key = rest.starts_with('=') && !rest.starts_with("==");
  if (next > end && rest.starts_with("in")) {
    std::size_t open = 2;
    while (open < rest.size() && is_space(rest[open])) ++open;
    is_key = open < rest.size() && rest[open] == '(';
  }
  if (!is_key) return std::nullopt;
  Word out = cut(at_, end);
  at_ = end;
  return out;
}

std::string_view Lexer::keyword() const {
  std::size_t end = at_;
  while (end < text_.size() && is_name(text_[end])) ++end;
  return text_.substr(at_, end - at_);
}

std::optional<Word> Lexer::assigned() {
  const std::string_view rest = text_.substr(at_);
  if (!rest.starts_with("@{")) return std::nullopt;
  std::size_t end = 2;
  while (end < rest.size() && is_name(rest[end])) ++end;
  if (end == 2 || end >= rest.size() || rest[end] != '}') return std::nullopt;
  std::size_t next = end + 1;
  while (next < rest.size() && (rest[next] == ' ' || rest[next] == '\t')) ++next;
  if (!rest.substr(next).starts_with('=') && !rest.substr(next).starts_with("+=")) {
    return std::nullopt;
  }
  Word out = cut(at_, at_ + end + 1);
  out.text = std::string(rest.substr(2, end - 2));
  at_ += next;
  return out;
}

std::optional<Word> Lexer::boolean() {
  if (peek() != '$') return std::nullopt;
  std::size_t end = at_ + 1;
  const bool braces = end < text_.size() && text_[end] == '{';
  if (braces) ++end;
  const std::size_t begin = end;
  while (end < text_.size() && is_name(text_[end])) ++end;
  if (end == begin) return std::nullopt;
  Word out = cut(begin, end);
  if (braces && (end >= text_.size() || text_[end++] != '}')) return std::nullopt;
  at_ = end;
  return out;
}

bool Lexer::line_ends() {
  for (;;) {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') step();
    if (peek() != '\\' || peek(1) != '\n') break;
    step();
    step();
  }
  return at_end() || peek() == '\n' || peek() == '#' || peek() == '}';
}

std::optional<Word> Lexer::include_name(bool& magic) {
  magic = peek() == '<';
  if (!magic) return peek() == '"' ? quoted() : word();
  const std::size_t begin = ++at_;
  while (!at_end() && peek() != '>' && peek() != '\n') step();
  if (peek() != '>') return std::nullopt;
  Word out = cut(begin, at_);
  step();
  return out;
}

}  // namespace glacis::import::apparmor
