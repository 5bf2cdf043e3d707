// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/screen.h"

#include <algorithm>

namespace glacis::profile {
namespace {

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// Walks over TOML far enough to know where strings and comments begin and end.
// In text that is not TOML it may lose its way, but only after the first fault,
// where the reader has stopped.
class Screener {
 public:
  explicit Screener(std::string_view text) : text_(text) { out_.reserve(text.size()); }

  std::string run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        copy_line();
      } else if (c == '"' || c == '\'') {
        string(c);
      } else if (is_ascii(c)) {
        copy(1);
      } else {
        character();
      }
    }
    return std::move(out_);
  }

 private:
  void copy(std::size_t count) {
    count = std::min(count, text_.size() - at_);
    out_.append(text_, at_, count);
    at_ += count;
  }

  void copy_line() { copy(std::min(text_.find('\n', at_), text_.size()) - at_); }

  // A byte that begins no character is left: the reader refuses it as such.
  void character() {
    const auto first = static_cast<unsigned char>(text_[at_]);
    if (first < 0xc0) return copy(1);
    out_ += '!';
    ++at_;
    while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xc0) == 0x80) ++at_;
  }

  [[nodiscard]] std::size_t quotes(char quote) const {
    std::size_t count = 0;
    while (at_ + count < text_.size() && text_[at_ + count] == quote) ++count;
    return count;
  }

  void string(char quote) {
    const std::size_t opening = quotes(quote);
    if (opening == 2) return copy(2);
    const bool lines = opening >= 3;
    copy(lines ? 3 : 1);
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' && !lines) return;
      if (c == '\\' && quote == '"') {
        lines ? escape() : copy(2);
      } else if (c != quote) {
        copy(1);
      } else if (!lines) {
        return copy(1);
      } else if (quotes(quote) >= 3) {
        // One or two quotes before the closing three belong to the string.
        return copy(std::min<std::size_t>(quotes(quote), 5));
      } else {
        copy(quotes(quote));
      }
    }
  }

  // A backslash at the end of a line joins it with the next text, wherever that
  // begins. If it begins beyond ASCII it is refused too: the reader would ask
  // whether it is white space.
  void escape() {
    copy(1);
    const std::size_t next = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    if (next == at_) return at_ < text_.size() && is_ascii(text_[at_]) ? copy(1) : refuse();
    copy(next - at_);
    if (at_ < text_.size() && !is_ascii(text_[at_])) refuse();
  }

  // A control character is allowed nowhere.
  void refuse() {
    if (at_ == text_.size()) return;
    character();
    out_.back() = '\x01';
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace

std::string screen(std::string_view text) { return Screener(text).run(); }

}  // namespace glacis::profile
