// SPDX-License-Identifier: Apache-2.0
#include "manager/correlate/fields.h"

#include <algorithm>
#include <chrono>

namespace glacis::correlate {
namespace {

std::string cut(const std::string& text) { return text.substr(0, longest_text); }

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// What can't be decoded stays as it is.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size() && out.size() < longest_text; ++i) {
    const int high = i + 2 < text.size() && text[i] == '%' ? hex(text[i + 1]) : -1;
    const int low = high >= 0 ? hex(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// Two digits, or four, from the front.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int out = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    out = out * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return out;
}

bool skip(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// ".123456": digits behind the ninth say nothing that is kept.
std::optional<std::int64_t> fraction(std::string_view& text) {
  if (!skip(text, '.')) return 0;
  std::int64_t out = 0, scale = 100'000'000;
  const std::size_t size = text.size();
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    out += (text.front() - '0') * scale;
    scale /= 10;
    text.remove_prefix(1);
  }
  if (text.size() == size) return std::nullopt;
  return out;
}

// Minutes east of Greenwich.
std::optional<int> offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  const bool west = text.starts_with('-');
  if (!skip(text, west ? '-' : '+')) return std::nullopt;
  const auto hours = digits(text, 2);
  if (!hours || !skip(text, ':')) return std::nullopt;
  const auto minutes = digits(text, 2);
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  return (*hours * 60 + *minutes) * (west ? -1 : 1);
}

}  // namespace

const Json& at(const Json& of, std::string_view key) {
  static const Json none;
  if (!of.is_object()) return none;
  const auto found = of.find(key);
  return found == of.end() ? none : *found;
}

std::string text(const Json& of, std::string_view key) {
  const Json& value = at(of, key);
  return value.is_string() ? cut(value.get_ref<const std::string&>()) : std::string();
}

std::vector<std::string> texts(const Json& of, std::string_view key) {
  std::vector<std::string> out;
  const Json& list = at(of, key);
  if (!list.is_array()) return out;
  for (const Json& one : list)
    if (one.is_string() && out.size() < longest_list)
      out.push_back(cut(one.get_ref<const std::string&>()));
  return out;
}

std::string first_text(const Json& of, std::string_view key) {
  const Json& value = at(of, key);
  if (value.is_array() && !value.empty() && value.front().is_string())
    return cut(value.front().get_ref<const std::string&>());
  return text(of, key);
}

std::uint64_t number(const Json& of, std::string_view key) {
  const Json& value = at(of, key);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::int64_t time_of(std::string_view text) {
  using namespace std::chrono;
  const auto y = digits(text, 4);
  if (!y || !skip(text, '-')) return 0;
  const auto m = digits(text, 2);
  if (!m || !skip(text, '-')) return 0;
  const auto d = digits(text, 2);
  if (!d || !(skip(text, 'T') || skip(text, 't'))) return 0;
  const auto hour = digits(text, 2);
  if (!hour || !skip(text, ':')) return 0;
  const auto minute = digits(text, 2);
  if (!minute || !skip(text, ':')) return 0;
  const auto second = digits(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return 0;
  const auto part = fraction(text);
  const auto east = offset(text);
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(*d))};
  if (!part || !east || !date.ok() || *y < 1970 || *y > 2200) return 0;
  const auto when = sys_days(date) + hours(*hour) + minutes(*minute - *east) + seconds(*second);
  return std::max<std::int64_t>(duration_cast<nanoseconds>(when.time_since_epoch()).count() + *part,
                                0);
}

std::vector<std::string> query(std::string_view address, std::string_view name) {
  std::vector<std::string> out;
  const auto mark = address.find('?');
  std::string_view rest = mark == address.npos ? "" : address.substr(mark + 1);
  while (!rest.empty() && out.size() < longest_list) {
    const std::string_view one = rest.substr(0, rest.find('&'));
    const auto equals = one.find('=');
    if (one.substr(0, equals) == name && equals != one.npos)
      out.push_back(decoded(one.substr(equals + 1)));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  return out;
}

}  // namespace glacis::correlate
