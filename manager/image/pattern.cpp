// SPDX-License-Identifier: Apache-2.0
#include "manager/image/pattern.h"

#include <utility>

namespace glacis::image {
namespace {

using Kind = Token::Kind;

bool is_run(const Token& token) {
  return token.kind == Kind::star || token.kind == Kind::double_star;
}

// Adjacent runs mean the widest of them; kept apart they would only cost states.
void append(std::vector<Token>& to, const Token& token) {
  if (!is_run(token) || to.empty() || !is_run(to.back()))
    to.push_back(token);
  else if (token.kind == Kind::double_star)
    to.back().kind = Kind::double_star;
}

std::expected<Pattern, PatternError> pattern_of(const profile::GlobTokens& tokens) {
  const auto error = [](std::string what) {
    return std::unexpected(PatternError{0, std::move(what)});
  };
  const bool literal = !tokens.empty() && tokens[0].kind == Kind::byte;
  if (!literal || (tokens[0].byte != '/' && tokens[0].byte != '@'))
    return error("a pattern starts with '/' (a path) or '@' (an abstract Unix name)");
  Pattern out{tokens[0].byte == '@', {}};
  out.tokens.reserve(tokens.size());
  for (Token token : tokens) {
    if (!out.abstract) {
      if (token.kind == Kind::byte && token.byte == 0) return error("no path holds a zero byte");
      token.set.reset(0);
      if (token.kind == Kind::set && token.set.none())
        return error("a set that matches nothing: no path holds a zero byte");
    }
    append(out.tokens, token);
  }
  return out;
}

}  // namespace

std::expected<std::vector<Pattern>, PatternError> expand(std::string_view glob) {
  const auto alternatives = profile::expand(glob);
  if (!alternatives)
    return std::unexpected(PatternError{alternatives.error().offset, alternatives.error().what});
  std::vector<Pattern> out;
  out.reserve(alternatives->size());
  for (const profile::GlobTokens& tokens : *alternatives) {
    auto pattern = pattern_of(tokens);
    if (!pattern) return std::unexpected(pattern.error());
    out.push_back(std::move(*pattern));
  }
  return out;
}

}  // namespace glacis::image
