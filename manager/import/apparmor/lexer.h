// SPDX-License-Identifier: Apache-2.0
// A place in an AppArmor text, and the words that can be read from there. Which
// of them is meant depends on the rule, so the parser asks for one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "manager/import/apparmor/tree.h"

namespace glacis::import::apparmor {

class Lexer {
 public:
  Lexer(std::string_view text, std::uint32_t file) : text_(text), file_(file) {}

  // Spaces, lines and comments; "#include" is no comment.
  void skip();
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(char c);
  bool take(std::string_view text);
  // The span of the byte that comes next.
  [[nodiscard]] diag::Span here() const;
  [[nodiscard]] std::uint32_t file() const { return file_; }

  // Up to a space, the comma that ends a rule, or a bracket of the policy; in
  // quotes up to the other one. Nothing where no word starts, or it is not closed.
  [[nodiscard]] std::optional<Word> word();
  // The same inside ( ), where commas and spaces part the words.
  [[nodiscard]] std::optional<Word> item();
  // The value of a variable: up to a space.
  [[nodiscard]] std::optional<Word> value();
  // A name in front of `=`, `in (` or ` = `; what follows is not taken.
  [[nodiscard]] std::optional<Word> key();
  // A word of small letters and _, if it stands here by itself.
  [[nodiscard]] std::string_view keyword() const;
  // "@{NAME}" in front of = or +=.
  [[nodiscard]] std::optional<Word> assigned();
  // "$NAME".
  [[nodiscard]] std::optional<Word> boolean();
  // Spaces but no line; true where the line ends here, or a comment starts.
  bool line_ends();
  // "<path>" or a quoted path, of an include.
  [[nodiscard]] std::optional<Word> include_name(bool& magic);

 private:
  enum class Until { rule, item, space };
  [[nodiscard]] std::optional<Word> read(Until until);
  [[nodiscard]] std::optional<Word> quoted();
  [[nodiscard]] bool ends(Until until, int depth) const;
  [[nodiscard]] Word cut(std::size_t begin, std::size_t end) const;
  void step();

  std::string_view text_;
  std::uint32_t file_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::size_t line_start_ = 0;
};

}  // namespace glacis::import::apparmor
