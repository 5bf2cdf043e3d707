// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/peek.h"

#include <charconv>
#include <cstddef>
#include <utility>

namespace glacis::evidence {
namespace {

constexpr auto kNowhere = std::string_view::npos;

// Behind the string whose opening quote is at `at`.
std::size_t behind_string(std::string_view line, std::size_t at) {
  for (std::size_t quote = line.find('"', at + 1); quote != kNowhere;
       quote = line.find('"', quote + 1)) {
    std::size_t escapes = 0;
    while (line[quote - 1 - escapes] == '\\') ++escapes;
    if (escapes % 2 == 0) return quote + 1;
  }
  return kNowhere;
}

void keep(Peek& out, std::string_view key, std::string_view value) {
  for (const auto& [name, to] : {std::pair{"\"schema\"", &out.schema},
                                 {"\"boot\"", &out.boot},
                                 {"\"ring\"", &out.ring},
                                 {"\"seq\"", &out.seq},
                                 {"\"to\"", &out.to},
                                 {"\"last\"", &out.last},
                                 {"\"domain\"", &out.domain},
                                 {"\"grade\"", &out.grade}})
    if (key == name) *to = value;
}

}  // namespace

std::optional<Peek> peek(std::string_view line) {
  if (!line.starts_with('{')) return std::nullopt;
  Peek out;
  std::size_t depth = 1, value = 0;  // 0: a key is next
  std::string_view key;
  for (std::size_t at = 1; at < line.size();) {
    const char c = line[at];
    if (c == '"') {
      const std::size_t end = behind_string(line, at);
      if (end == kNowhere) return std::nullopt;
      if (depth == 1 && value == 0) key = line.substr(at, end - at);
      at = end;
      continue;
    }
    const bool ends = c == '}' || c == ']';
    if (depth == 1 && value == 0 && c == ':') value = at + 1;
    if (depth == 1 && value != 0 && (ends || c == ',')) {
      keep(out, key, line.substr(value, at - value));
      value = 0;
    }
    if (c == '{' || c == '[') ++depth;
    if (ends && --depth == 0)
      return c == '}' && at + 1 == line.size() ? std::optional(out) : std::nullopt;
    ++at;
  }
  return std::nullopt;
}

std::string_view peeked_text(std::string_view json) {
  if (json.size() < 2 || json.front() != '"' || json.back() != '"' || json.contains('\\'))
    return {};
  return json.substr(1, json.size() - 2);
}

std::optional<std::uint64_t> peeked_number(std::string_view json) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), out);
  if (json.empty() || error != std::errc() || end != json.data() + json.size()) return std::nullopt;
  return out;
}

}  // namespace glacis::evidence
