// SPDX-License-Identifier: Apache-2.0
#include "manager/base/signals.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace glacis {
namespace {

using namespace std::string_view_literals;

// By number, from 1 on; then other names of some.
constexpr std::array words = {
    "hup"sv,   "int"sv,  "quit"sv, "ill"sv,  "trap"sv, "abrt"sv, "bus"sv,    "fpe"sv,    "kill"sv,
    "usr1"sv,  "segv"sv, "usr2"sv, "pipe"sv, "alrm"sv, "term"sv, "stkflt"sv, "chld"sv,   "cont"sv,
    "stop"sv,  "tstp"sv, "ttin"sv, "ttou"sv, "urg"sv,  "xcpu"sv, "xfsz"sv,   "vtalrm"sv, "prof"sv,
    "winch"sv, "io"sv,   "pwr"sv,  "sys"sv,  "iot"sv,  "cld"sv,  "poll"sv,   "rtmin"sv,  "rtmax"sv};
constexpr unsigned named = 31;
constexpr std::array others = {6u, 17u, 29u, 34u, 64u};
static_assert(words.size() == named + others.size());

// The first one that the C library leaves to programs, as kill(1) counts them.
constexpr unsigned first_realtime = 34;

std::optional<unsigned> number_of(std::string_view digits, unsigned most) {
  unsigned out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc{} || end != digits.data() + digits.size() || out > most)
    return std::nullopt;
  return out;
}

}  // namespace

std::optional<unsigned> signal_number(std::string_view word) {
  if (const auto at = std::ranges::find(words, word); at != words.end()) {
    const auto index = static_cast<unsigned>(at - words.begin());
    return index < named ? index + 1 : others[index - named];
  }
  constexpr unsigned span = highest_signal - first_realtime;
  if (word.starts_with("rtmin+")) {
    const auto offset = number_of(word.substr(6), span);
    return offset ? std::optional(first_realtime + *offset) : std::nullopt;
  }
  if (word.starts_with("rtmax-")) {
    const auto offset = number_of(word.substr(6), span);
    return offset ? std::optional(highest_signal - *offset) : std::nullopt;
  }
  const auto number = number_of(word, highest_signal);
  return number == 0u ? std::nullopt : number;
}

std::string signal_name(unsigned number) {
  if (number >= 1 && number <= named) return std::string(words[number - 1]);
  if (number == first_realtime) return "rtmin";
  if (number == highest_signal) return "rtmax";
  if (number > first_realtime && number < highest_signal)
    return "rtmin+" + std::to_string(number - first_realtime);
  return std::to_string(number);
}

std::string signals_text(std::uint64_t signals) {
  std::string out;
  for (unsigned number = 1; number <= highest_signal; ++number) {
    if ((signals & signal_bit(number)) == 0) continue;
    if (!out.empty()) out += ',';
    out += signal_name(number);
  }
  return out;
}

std::span<const std::string_view> signal_words() { return words; }

}  // namespace glacis
