// SPDX-License-Identifier: Apache-2.0
#include "manager/import/apparmor/pattern_tree.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "manager/base/escape.h"

namespace glacis::import::apparmor {
namespace {

using Failure = std::unexpected<PatternError>;

PatternError malformed(std::string what) {
  return {PatternError::Kind::malformed, std::move(what)};
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::expected<Sequence, PatternError> sequence(std::size_t depth) {
    if (depth > deepest_choice) {
      return Failure({PatternError::Kind::too_large, "braces nest too deeply"});
    }
    Sequence out;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (depth > 0 && (c == ',' || c == '}')) break;
      if (c == '}') return Failure(malformed("`}` without `{`"));
      if (c == '{') {
        auto element = choice(depth);
        if (!element) return Failure(std::move(element.error()));
        out.push_back(std::move(*element));
      } else if (c == '[') {
        if (auto error = brackets(out)) return Failure(std::move(*error));
      } else {
        plain(out);
      }
    }
    return join_slashes(std::move(out));
  }

 private:
  void plain(Sequence& out) {
    const char c = text_[at_];
    Element element;
    if (c == '*') {
      const bool behind_slash = at_ > 0 && text_[at_ - 1] == '/';
      std::size_t count = 0;
      while (at_ < text_.size() && text_[at_] == '*') ++at_, ++count;
      element.kind = count > 1 ? Element::Kind::double_star : Element::Kind::star;
      element.filled = behind_slash && (at_ == text_.size() || text_[at_] == '/');
    } else if (c == '?') {
      ++at_;
      element.kind = Element::Kind::set;
      element.set.set().reset('/').reset(0);
    } else {
      if (c == '\\' && at_ + 1 < text_.size()) ++at_;
      element.byte = static_cast<unsigned char>(text_[at_++]);
    }
    out.push_back(std::move(element));
  }

  std::expected<Element, PatternError> choice(std::size_t depth) {
    ++at_;
    Element out;
    out.kind = Element::Kind::choice;
    for (;;) {
      auto branch = sequence(depth + 1);
      if (!branch) return Failure(std::move(branch.error()));
      out.branches.push_back(std::move(*branch));
      if (at_ == text_.size()) return Failure(malformed("`{` is not closed"));
      if (text_[at_++] == '}') return out;
    }
  }

  // A negated set takes a slash too, where two of them would not meet.
  std::optional<PatternError> brackets(Sequence& out) {
    Element element;
    element.kind = Element::Kind::set;
    const bool behind_slash = at_ > 0 && text_[at_ - 1] == '/';
    ++at_;
    const bool negated = at_ < text_.size() && text_[at_] == '^';
    if (negated) ++at_;
    while (at_ < text_.size() && text_[at_] != ']') {
      const unsigned char first = member();
      unsigned char last = first;
      if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
        ++at_;
        last = member();
      }
      for (unsigned c = first; c <= last; ++c) element.set.set(c);
    }
    if (at_ == text_.size()) return malformed("`[` is not closed");
    ++at_;
    if (negated) element.set.flip();
    element.set.reset(0);
    const bool slash =
        element.set.test('/') && !behind_slash && !(at_ < text_.size() && text_[at_] == '/');
    element.set.reset('/');
    if (element.set.none() && !slash) return malformed("a set that matches nothing");
    if (!slash) {
      out.push_back(std::move(element));
      return std::nullopt;
    }
    Element either;
    either.kind = Element::Kind::choice;
    if (element.set.any()) either.branches.push_back({std::move(element)});
    either.branches.push_back({Element{Element::Kind::byte, '/'}});
    out.push_back(std::move(either));
    return std::nullopt;
  }

  unsigned char member() {
    if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
    return static_cast<unsigned char>(text_[at_++]);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void put_byte(std::string& out, unsigned char byte, bool in_choice, bool brace_next) {
  const char c = static_cast<char>(byte);
  const bool special = std::string_view("*?[]{}\\").find(c) != std::string_view::npos;
  if (special || (c == ',' && in_choice) || (c == '$' && brace_next)) out += '\\';
  out += c;
}

void put_member(std::string& out, unsigned c) {
  if (std::string_view("]\\^-!").find(static_cast<char>(c)) != std::string_view::npos) out += '\\';
  out += static_cast<char>(c);
}

// Bytes beyond ASCII stand in no set of ours: such a set is written by what it
// leaves out.
void put_set(std::string& out, std::bitset<256> set) {
  std::bitset<256> all;
  all.set().reset('/').reset(0);
  if (set == all) {
    out += '?';
    return;
  }
  const bool negated = set.test(0x80);
  if (negated) set = ~set & all;
  out += negated ? "[^" : "[";
  for (unsigned c = 1; c < 256; ++c) {
    if (!set.test(c)) continue;
    unsigned last = c;
    while (last + 1 < 256 && set.test(last + 1)) ++last;
    put_member(out, c);
    if (last > c + 1) out += '-';
    if (last > c) put_member(out, last);
    c = last;
  }
  out += ']';
}

bool is_run(const Element& element) {
  return element.kind == Element::Kind::star || element.kind == Element::Kind::double_star;
}

void put(std::string& out, const Sequence& sequence, bool in_choice) {
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    const Element& element = sequence[i];
    switch (element.kind) {
      case Element::Kind::byte:
        put_byte(out, element.byte, in_choice,
                 i + 1 < sequence.size() && sequence[i + 1].kind == Element::Kind::choice);
        break;
      case Element::Kind::set:
        put_set(out, element.set);
        break;
      case Element::Kind::star:
      case Element::Kind::double_star: {
        // Runs side by side are one.
        bool crosses = element.kind == Element::Kind::double_star;
        while (i + 1 < sequence.size() && is_run(sequence[i + 1])) {
          crosses = crosses || sequence[++i].kind == Element::Kind::double_star;
        }
        out += crosses ? "**" : "*";
        break;
      }
      case Element::Kind::choice:
        out += '{';
        for (std::size_t k = 0; k < element.branches.size(); ++k) {
          if (k != 0) out += ',';
          put(out, element.branches[k], true);
        }
        out += '}';
        break;
    }
  }
}

}  // namespace

std::expected<Sequence, PatternError> parse_pattern(std::string_view text) {
  if (text.size() > longest_pattern) {
    return Failure({PatternError::Kind::too_large, "this pattern is too long"});
  }
  if (text.find('\0') != std::string_view::npos) {
    return Failure(malformed("no path holds a zero byte"));
  }
  return Reader(text).sequence(0);
}

std::string render(const Sequence& sequence) {
  std::string out;
  put(out, sequence, false);
  return out;
}

Sequence join_slashes(Sequence sequence) {
  const auto is_slash = [](const Element& element) {
    return element.kind == Element::Kind::byte && element.byte == '/';
  };
  Sequence out;
  for (Element& element : sequence) {
    if (is_slash(element) && !out.empty() && is_slash(out.back())) continue;
    out.push_back(std::move(element));
  }
  return out;
}

bool is_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = printable_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace glacis::import::apparmor
