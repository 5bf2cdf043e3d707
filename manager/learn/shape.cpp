// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "manager/base/escape.h"

namespace glacis::learn {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alnum(char c) { return is_digit(c) || is_lower(c) || is_upper(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// "x" stands for a hexadecimal digit, "d" for a decimal one; others for themselves.
bool fits(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool same = form[i] == 'x'   ? is_hex(text[i])
                      : form[i] == 'd' ? is_digit(text[i])
                                       : text[i] == form[i];
    if (!same) return false;
  }
  return true;
}

struct Form {
  std::string_view form, glob, what;
};
// Longest first. None may go on with a letter or digit.
constexpr Form kForms[] = {
    {"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "???????\?-???\?-???\?-???\?-????????????", "UUIDs"},
    {"dddd-dd-ddTdd:dd:dd", "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T??:??:??", "times"},
    {"dddd-dd-dd", "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]", "dates"},
};

// One byte that is none of printable ASCII.
constexpr std::string_view kNotAscii = "[^ -~]";

constexpr std::size_t kShortestHex = 8;
constexpr std::size_t kGluedDigits = 3;  // "temp123", and not "ipv4" or "lib64"
constexpr std::size_t kShortestRandom = 6, kLongestRandom = 24;

std::size_t run_of(std::string_view text, bool (*in)(char)) {
  const auto end = std::ranges::find_if_not(text, in);
  return static_cast<std::size_t>(end - text.begin());
}

struct Part {
  std::size_t length = 0;  // 0: nothing here varies
  std::string glob;
  std::string_view what;
};

// Letters and digits as mkstemp(3) and its like draw them.
bool looks_random(std::string_view word) {
  if (word.size() < kShortestRandom || word.size() > kLongestRandom) return false;
  const bool digits = std::ranges::any_of(word, is_digit);
  const bool lower = std::ranges::any_of(word, is_lower);
  const bool upper = std::ranges::any_of(word, is_upper);
  // "Release" and "README" are words; so is "x86".
  const bool mixed = lower && upper && std::ranges::any_of(word.substr(1), is_upper);
  return mixed || (digits && (lower || upper) && !is_digit(word.back())) ||
         (digits && lower && upper);
}

Part part_at(std::string_view text, bool at_start, bool after_word) {
  for (const Form& form : kForms)
    if (at_start && fits(text, form.form) &&
        (text.size() == form.form.size() || !is_alnum(text[form.form.size()])))
      return {form.form.size(), std::string(form.glob), form.what};
  const std::size_t word = run_of(text, is_alnum);
  const std::size_t hex = run_of(text, is_hex);
  const std::string_view first = text.substr(0, word);
  const bool both = std::ranges::any_of(first, is_digit) && !std::ranges::all_of(first, is_digit);
  if (at_start && word == hex && hex >= kShortestHex && both)
    return {hex, std::string(hex, '?'), "hexadecimal numbers"};
  if (at_start && looks_random(first) && (after_word || word == text.size()))
    return {word, std::string(word, '?'), "random names"};
  const std::size_t digits = run_of(text, is_digit);
  const bool ends = digits == word;
  if (digits != 0 && ((at_start && ends) || digits >= kGluedDigits))
    return {digits, "[0-9]*", "numbers"};
  return {};
}

}  // namespace

std::string glob_quoted(std::string_view bytes) {
  constexpr std::string_view special = "*?[]{}\\";
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t length = printable_length(bytes, at);
    if (length == 0) {
      std::size_t end = at;
      const std::string text = escape_one(bytes, end);
      const bool raw = text.starts_with("\\x") && static_cast<unsigned char>(bytes[at]) >= 0x80;
      length = end - at;
      if (raw) {
        out += kNotAscii;
        at = end;
        continue;
      }
    }
    if (special.find(bytes[at]) != std::string_view::npos) out += '\\';
    out.append(bytes, at, length);
    at += length;
  }
  return out;
}

Shape shape_of(std::string_view segment) {
  Shape out;
  std::size_t plain = 0;  // where the part began that is kept as it is
  const auto keep = [&](std::size_t end) {
    out.glob += glob_quoted(segment.substr(plain, end - plain));
  };
  for (std::size_t at = 0; at < segment.size();) {
    const bool at_start = at == 0 || !(is_alnum(segment[at - 1]) || segment[at - 1] == '_');
    const Part part = part_at(segment.substr(at), at_start, at != 0);
    if (part.length == 0) {
      ++at;
      continue;
    }
    keep(at);
    // "[0-9]*" twice in a row would say no more than once.
    if (!(part.glob == "[0-9]*" && out.glob.ends_with("[0-9]*"))) out.glob += part.glob;
    if (!out.varies) out.what = part.what;
    out.varies = true;
    at += part.length;
    plain = at;
  }
  keep(segment.size());
  return out;
}

}  // namespace glacis::learn
