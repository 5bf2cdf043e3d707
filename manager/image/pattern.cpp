// SPDX-License-Identifier: Apache-2.0
#include "manager/image/pattern.h"

#include <fmt/format.h>

#include <utility>

namespace glacis::image {
namespace {

using Tokens = std::vector<Token>;
using Alternatives = std::vector<Tokens>;

std::unexpected<PatternError> error(std::size_t offset, std::string what) {
  return std::unexpected(PatternError{offset, std::move(what)});
}

bool is_run(const Token& token) {
  return token.kind == Token::Kind::star || token.kind == Token::Kind::double_star;
}

// Adjacent runs mean the widest of them; kept apart they would only cost states.
void append(Tokens& to, const Token& token) {
  if (is_run(token) && !to.empty() && is_run(to.back())) {
    if (token.kind == Token::Kind::double_star) to.back().kind = token.kind;
    return;
  }
  to.push_back(token);
}

// Every element of `left` followed by every element of `right`.
Alternatives product(const Alternatives& left, const Alternatives& right) {
  Alternatives out;
  out.reserve(left.size() * right.size());
  for (const Tokens& head : left) {
    for (const Tokens& tail : right) {
      Tokens joined = head;
      for (const Token& token : tail) append(joined, token);
      out.push_back(std::move(joined));
    }
  }
  return out;
}

std::size_t count_tokens(const Alternatives& alternatives) {
  std::size_t total = 0;
  for (const Tokens& tokens : alternatives) total += tokens.size() + 1;
  return total;
}

class Parser {
 public:
  explicit Parser(std::string_view glob) : glob_(glob) {}

  // What stands before the next ',' or '}' (inside braces) or the end.
  std::expected<Alternatives, PatternError> sequence(std::size_t depth) {
    Alternatives out(1);
    while (at_ < glob_.size()) {
      const char c = glob_[at_];
      if (depth > 0 && (c == ',' || c == '}')) break;
      if (c == '}') return error(at_, "'}' without '{'; write \\} for the byte itself");
      if (c == '{') {
        if (auto status = braces(out, depth); !status) return std::unexpected(status.error());
        continue;
      }
      auto parsed = token();
      if (!parsed) return std::unexpected(parsed.error());
      for (Tokens& tokens : out) append(tokens, *parsed);
      if (out.size() * (out[0].size() + 1) > kMaxTokens) return too_large(at_);
    }
    return out;
  }

 private:
  std::unexpected<PatternError> too_large(std::size_t offset) const {
    return error(offset, fmt::format("the braces expand to more than {} patterns or {} elements",
                                     kMaxAlternatives, kMaxTokens));
  }

  std::expected<void, PatternError> braces(Alternatives& out, std::size_t depth) {
    const std::size_t open = at_++;
    if (depth >= kMaxNesting) return error(open, "braces are nested too deeply");
    Alternatives choices;
    for (;;) {
      auto choice = sequence(depth + 1);
      if (!choice) return std::unexpected(choice.error());
      for (Tokens& tokens : *choice) choices.push_back(std::move(tokens));
      if (choices.size() > kMaxAlternatives) return too_large(open);
      if (at_ == glob_.size()) return error(open, "'{' without '}'");
      if (glob_[at_++] == '}') break;
    }
    if (out.size() * choices.size() > kMaxAlternatives ||
        count_tokens(out) * choices.size() + count_tokens(choices) * out.size() > kMaxTokens)
      return too_large(open);
    out = product(out, choices);
    return {};
  }

  std::expected<Token, PatternError> token() {
    const char c = glob_[at_];
    Token out;
    if (c == '*') {
      const std::size_t begin = at_;
      while (at_ < glob_.size() && glob_[at_] == '*') ++at_;
      if (at_ - begin > 2) return error(begin, "more than two stars; `**` is any run");
      out.kind = at_ - begin > 1 ? Token::Kind::double_star : Token::Kind::star;
      return out;
    }
    if (c == '[') return brackets();
    if (c == ']') return error(at_, "']' without '['; write \\] for the byte itself");
    if (c == '?') {
      ++at_;
      out.kind = Token::Kind::set;
      out.set.set().reset('/');
      return out;
    }
    auto byte = quotable();
    if (!byte) return std::unexpected(byte.error());
    out.byte = *byte;
    return out;
  }

  std::expected<std::uint8_t, PatternError> quotable() {
    if (glob_[at_] == '\\' && ++at_ == glob_.size())
      return error(at_ - 1, "'\\' at the end quotes nothing");
    return static_cast<std::uint8_t>(glob_[at_++]);
  }

  std::expected<Token, PatternError> brackets() {
    const std::size_t open = at_++;
    Token out{Token::Kind::set, 0, {}};
    const bool negated = at_ < glob_.size() && glob_[at_] == '^';
    if (negated) ++at_;
    if (at_ < glob_.size() && glob_[at_] == '!')
      return error(at_, "[^...] is everything but these; write \\! for the byte itself");
    while (at_ < glob_.size() && glob_[at_] != ']') {
      if (auto status = range(out.set); !status) return std::unexpected(status.error());
    }
    if (at_ == glob_.size()) return error(open, "'[' without ']'");
    ++at_;
    if (out.set.none()) return error(open, "empty brackets; write \\] for a ']' inside them");
    if (negated) out.set.flip();
    out.set.reset('/');
    if (out.set.none()) return error(open, "these brackets match nothing: they never match '/'");
    return out;
  }

  std::expected<std::uint8_t, PatternError> member() {
    const std::size_t begin = at_;
    auto byte = quotable();
    if (byte && *byte >= 0x80)
      return error(begin, "brackets choose single bytes, and this character has several; use {,}");
    return byte;
  }

  std::expected<void, PatternError> range(ByteSet& set) {
    const std::size_t begin = at_;
    auto first = member();
    if (!first) return std::unexpected(first.error());
    auto last = first;
    if (at_ + 1 < glob_.size() && glob_[at_] == '-' && glob_[at_ + 1] != ']') {
      ++at_;
      last = member();
      if (!last) return std::unexpected(last.error());
    }
    if (*last < *first) return error(begin, "a range that ends before it begins");
    for (unsigned c = *first; c <= *last; ++c) set.set(c);
    return {};
  }

  std::string_view glob_;
  std::size_t at_ = 0;
};

std::expected<void, PatternError> finish(Pattern& pattern) {
  const bool starts = !pattern.tokens.empty() && pattern.tokens[0].kind == Token::Kind::byte;
  const char first = starts ? static_cast<char>(pattern.tokens[0].byte) : '\0';
  if (first != '/' && first != '@')
    return error(0, "a pattern starts with '/' (a path) or '@' (an abstract Unix name)");
  pattern.abstract = first == '@';
  if (pattern.abstract) return {};
  for (Token& token : pattern.tokens) {
    if (token.kind == Token::Kind::byte && token.byte == 0)
      return error(0, "no path holds a zero byte");
    token.set.reset(0);
    if (token.kind == Token::Kind::set && token.set.none())
      return error(0, "brackets that match nothing: no path holds a zero byte");
  }
  return {};
}

}  // namespace

std::expected<std::vector<Pattern>, PatternError> expand(std::string_view glob) {
  auto alternatives = Parser(glob).sequence(0);
  if (!alternatives) return std::unexpected(alternatives.error());
  std::vector<Pattern> out;
  out.reserve(alternatives->size());
  for (Tokens& tokens : *alternatives) {
    Pattern pattern{false, std::move(tokens)};
    if (auto status = finish(pattern); !status) return std::unexpected(status.error());
    out.push_back(std::move(pattern));
  }
  return out;
}

std::string literal_prefix(std::string_view glob) {
  std::string out;
  for (std::size_t i = 0; i < glob.size(); ++i) {
    if (std::string_view("*?[{").find(glob[i]) != std::string_view::npos) break;
    if (glob[i] == '\\' && i + 1 < glob.size()) ++i;
    out += glob[i];
  }
  return out;
}

}  // namespace glacis::image
