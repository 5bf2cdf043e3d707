// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/glob.h"

#include <fmt/format.h>

#include <utility>

namespace glacis::profile {
namespace {

using Failure = std::unexpected<GlobError>;

Failure malformed(std::size_t offset, std::string what, std::size_t length = 1) {
  return Failure(GlobError{GlobError::Kind::malformed, offset, length, std::move(what)});
}

Failure too_many(std::size_t offset) {
  return Failure(
      GlobError{GlobError::Kind::too_many, offset, 1,
                fmt::format("the braces stand for more than {} patterns", most_alternatives)});
}

class Expander {
 public:
  explicit Expander(std::string_view glob) : glob_(glob) {}

  // Up to the ',' or '}' that ends this alternative, or the end of the text.
  std::expected<Alternatives, GlobError> sequence(std::size_t depth) {
    Alternatives out(1);
    while (at_ < glob_.size()) {
      const char c = glob_[at_];
      if (depth > 0 && (c == ',' || c == '}')) break;
      if (c == '}') return malformed(at_, "`}` without `{`; write \\} for the byte itself");
      if (c == '{') {
        if (auto done = braces(out, depth); !done) return Failure(done.error());
        continue;
      }
      auto parsed = token();
      if (!parsed) return Failure(parsed.error());
      for (GlobTokens& tokens : out) tokens.push_back(*parsed);
      elements_ += out.size();
      if (elements_ > most_elements) return too_many(at_ - 1);
    }
    return out;
  }

 private:
  std::expected<void, GlobError> braces(Alternatives& out, std::size_t depth) {
    const std::size_t open = at_++;
    if (depth >= most_nesting) {
      return Failure(GlobError{GlobError::Kind::too_many, open, 1,
                               fmt::format("braces nest deeper than {}", most_nesting)});
    }
    Alternatives choices;
    for (;;) {
      auto choice = sequence(depth + 1);
      if (!choice) return Failure(choice.error());
      for (GlobTokens& tokens : *choice) choices.push_back(std::move(tokens));
      if (choices.size() > most_alternatives) return too_many(open);
      if (at_ == glob_.size()) return malformed(open, "`{` is not closed");
      if (glob_[at_++] == '}') break;
    }
    return multiply(out, choices, open);
  }

  std::expected<void, GlobError> multiply(Alternatives& out, const Alternatives& choices,
                                          std::size_t open) {
    if (out.size() * choices.size() > most_alternatives) return too_many(open);
    Alternatives product;
    product.reserve(out.size() * choices.size());
    for (const GlobTokens& head : out) {
      for (const GlobTokens& tail : choices) {
        elements_ += head.size() + tail.size();
        if (elements_ > most_elements) return too_many(open);
        GlobTokens& joined = product.emplace_back(head);
        joined.insert(joined.end(), tail.begin(), tail.end());
      }
    }
    out = std::move(product);
    return {};
  }

  std::expected<GlobToken, GlobError> token() {
    GlobToken out;
    switch (glob_[at_]) {
      case '*':
        return stars();
      case '?':
        ++at_;
        out.kind = GlobToken::Kind::set;
        out.set.set().reset('/');
        return out;
      case '[':
        return brackets();
      case ']':
        return malformed(at_, "`]` without `[`; write \\] for the byte itself");
      default:
        break;
    }
    auto byte = quotable();
    if (!byte) return Failure(byte.error());
    out.byte = *byte;
    return out;
  }

  std::expected<GlobToken, GlobError> stars() {
    const std::size_t begin = at_;
    while (at_ < glob_.size() && glob_[at_] == '*') ++at_;
    const std::size_t count = at_ - begin;
    if (count > 2) return malformed(begin, "more than two stars; `**` is any run", count);
    GlobToken out;
    out.kind = count == 2 ? GlobToken::Kind::double_star : GlobToken::Kind::star;
    return out;
  }

  std::expected<unsigned char, GlobError> quotable() {
    if (glob_[at_] == '\\' && ++at_ == glob_.size()) {
      return malformed(at_ - 1, "a backslash at the end quotes nothing");
    }
    return static_cast<unsigned char>(glob_[at_++]);
  }

  std::expected<GlobToken, GlobError> brackets() {
    const std::size_t open = at_++;
    GlobToken out;
    out.kind = GlobToken::Kind::set;
    const bool negated = at_ < glob_.size() && glob_[at_] == '^';
    if (negated) ++at_;
    if (at_ < glob_.size() && glob_[at_] == '!') {
      return malformed(at_, "a set is negated as [^...]; write \\! for the byte itself");
    }
    while (at_ < glob_.size() && glob_[at_] != ']') {
      if (auto done = range(out.set); !done) return Failure(done.error());
    }
    if (at_ == glob_.size()) return malformed(open, "`[` is not closed");
    ++at_;
    if (out.set.none()) return malformed(open, "empty set; write \\] for a `]` in it", at_ - open);
    if (negated) out.set.flip();
    out.set.reset('/');
    if (out.set.none()) {
      return malformed(open, "this set matches nothing, since no set matches `/`", at_ - open);
    }
    return out;
  }

  std::expected<unsigned char, GlobError> member() {
    const std::size_t begin = at_;
    auto byte = quotable();
    if (byte && *byte >= 0x80) {
      return malformed(begin, "a set matches one byte, and this character has several; use {,}");
    }
    return byte;
  }

  std::expected<void, GlobError> range(std::bitset<256>& set) {
    const std::size_t begin = at_;
    const auto first = member();
    if (!first) return Failure(first.error());
    auto last = first;
    if (at_ + 1 < glob_.size() && glob_[at_] == '-' && glob_[at_ + 1] != ']') {
      ++at_;
      last = member();
      if (!last) return Failure(last.error());
    }
    if (*last < *first) return malformed(begin, "the range ends before it begins", at_ - begin);
    for (unsigned c = *first; c <= *last; ++c) set.set(c);
    return {};
  }

  std::string_view glob_;
  std::size_t at_ = 0;
  std::size_t elements_ = 0;
};

GlobTokens bytes_of(std::string_view literal) {
  GlobTokens out(literal.size());
  for (std::size_t i = 0; i < literal.size(); ++i) {
    out[i].byte = static_cast<unsigned char>(literal[i]);
  }
  return out;
}

}  // namespace

bool is_literal(std::string_view glob) {
  return glob.find_first_of("*?[]{}\\") == std::string_view::npos;
}

std::expected<Alternatives, GlobError> expand(std::string_view glob) {
  if (is_literal(glob)) return Alternatives{bytes_of(glob)};
  return Expander(glob).sequence(0);
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

}  // namespace glacis::profile
