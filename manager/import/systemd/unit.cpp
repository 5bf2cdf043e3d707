// SPDX-License-Identifier: Apache-2.0
#include "manager/import/systemd/unit.h"

#include <algorithm>
#include <utility>

namespace glacis::import::systemd {
namespace {

using diag::Code;

std::string_view trimmed(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_comment(std::string_view line) { return line.starts_with('#') || line.starts_with(';'); }

class Reader {
 public:
  Reader(std::string_view text, std::uint32_t file, std::vector<Setting>& out,
         diag::Diagnostics& diagnostics)
      : text_(text), file_(file), out_(out), diagnostics_(diagnostics) {}

  bool run() {
    while (at_ < text_.size()) {
      const std::string_view first = line();
      const diag::Span span{file_, line_, 1, static_cast<std::uint32_t>(first.size() + 1)};
      std::string_view rest = trimmed(first);
      if (rest.empty() || is_comment(rest)) continue;
      std::string whole(rest);
      while (whole.ends_with('\\') && at_ < text_.size()) {
        whole.back() = ' ';
        const std::string_view next = trimmed(line());
        // A comment in between ends nothing.
        if (is_comment(next)) {
          whole.back() = '\\';
          continue;
        }
        whole += next;
      }
      if (!statement(whole, span)) return false;
    }
    return true;
  }

 private:
  std::string_view line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view out = text_.substr(at_, end - at_);
    at_ = end + 1;
    ++line_;
    return out;
  }

  bool statement(const std::string& text, diag::Span span) {
    if (text.starts_with('[') && text.ends_with(']')) {
      section_ = text.substr(1, text.size() - 2);
      return true;
    }
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || section_.empty())
      return fail(Code::GL501, "a section or a setting is wanted here", span);
    if (out_.size() >= most_settings) return fail(Code::GL502, "this is too many settings", span);
    out_.push_back({section_, std::string(trimmed(std::string_view(text).substr(0, equals))),
                    std::string(trimmed(std::string_view(text).substr(equals + 1))), span});
    return true;
  }

  bool fail(Code code, std::string message, diag::Span span) {
    diagnostics_.add(code, std::move(message)).at(span);
    return false;
  }

  std::string_view text_;
  std::uint32_t file_;
  std::vector<Setting>& out_;
  diag::Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 0;
  std::string section_;
};

}  // namespace

bool read_unit(std::string_view text, std::uint32_t file, std::vector<Setting>& out,
               diag::Diagnostics& diagnostics) {
  return Reader(text, file, out, diagnostics).run();
}

std::vector<std::string> words_of(std::string_view value) {
  std::vector<std::string> out;
  std::string word;
  bool open = false;
  char quote = '\0';
  for (std::size_t at = 0; at < value.size(); ++at) {
    const char c = value[at];
    if (c == '\\' && at + 1 < value.size()) {
      word += value[++at];
      open = true;
    } else if (quote != '\0' ? c == quote : (c == '"' || c == '\'') && !open) {
      quote = quote != '\0' ? '\0' : c;
      open = true;
    } else if (quote == '\0' && (c == ' ' || c == '\t')) {
      if (open && out.size() < most_words) out.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open && out.size() < most_words) out.push_back(std::move(word));
  return out;
}

}  // namespace glacis::import::systemd
