// SPDX-License-Identifier: Apache-2.0
#include "manager/image/syscalls.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "manager/profile/words.h"

namespace glacis::image {
namespace {

constexpr std::string_view kCompat = "compat";

// Up to the separator, which is taken away with it.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

template <typename T>
bool number(std::string_view text, T& to, int base) {
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, to, base);
  return error == std::errc() && at == end;
}

template <typename T>
bool word(std::string_view text, std::span<const std::string_view> words, T& to) {
  const auto found = std::ranges::find(words, text);
  if (found == words.end()) return false;
  to = static_cast<T>(found - words.begin());
  return true;
}

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::optional<profile::SyscallArg> parse_arg(std::string_view text) {
  profile::SyscallArg out;
  const bool good = number(take(text, ':'), out.index, 10) && out.index < 6 &&
                    word(take(text, ':'), profile::syscall_op_words(), out.op) &&
                    number(take(text, ':'), out.value, 16) && number(text, out.mask, 16);
  return good ? std::optional(out) : std::nullopt;
}

std::optional<SyscallLine> parse_line(std::string_view text) {
  SyscallLine out;
  if (!number(take(text, ' '), out.rule, 10) || out.rule == 0) return std::nullopt;
  if (!word(take(text, ' '), profile::syscall_action_words(), out.body.action)) return std::nullopt;
  for (std::string_view calls = take(text, ' '); !calls.empty();) {
    const std::string_view name = take(calls, ',');
    if (!is_name(name)) return std::nullopt;
    out.body.calls.emplace_back(name);
  }
  while (!text.empty()) {
    const auto arg = parse_arg(take(text, ' '));
    if (!arg || (!out.body.args.empty() && out.body.args.back().index >= arg->index))
      return std::nullopt;
    out.body.args.push_back(*arg);
  }
  return out;
}

}  // namespace

Syscalls syscalls_of(const profile::ResolvedProfile& profile) {
  Syscalls out{profile.syscalls_compat, {}};
  for (const profile::Rule& rule : profile.rules) {
    const auto* body = std::get_if<profile::SyscallRule>(&rule.body);
    if (body == nullptr) continue;
    out.lines.push_back({rule.id, *body});
    out.lines.back().body.group.clear();
  }
  return out;
}

std::string encode(const Syscalls& syscalls) {
  std::string out = syscalls.compat ? fmt::format("{}\n", kCompat) : "";
  for (const auto& [rule, body] : syscalls.lines) {
    out += fmt::format("{} {} {}", rule,
                       profile::syscall_action_words()[static_cast<std::size_t>(body.action)],
                       fmt::join(body.calls, ","));
    for (const profile::SyscallArg& arg : body.args)
      out += fmt::format(" {}:{}:{:x}:{:x}", arg.index,
                         profile::syscall_op_words()[static_cast<std::size_t>(arg.op)], arg.value,
                         arg.mask);
    out += '\n';
  }
  return out;
}

std::optional<Syscalls> parse_syscalls(std::string_view text) {
  Syscalls out;
  std::string_view rest = text;
  if (rest.starts_with(kCompat)) out.compat = !take(rest, '\n').empty();
  while (!rest.empty()) {
    auto line = parse_line(take(rest, '\n'));
    if (!line || (!out.lines.empty() && out.lines.back().rule >= line->rule)) return std::nullopt;
    out.lines.push_back(std::move(*line));
  }
  // One text for one meaning, so that a digest names it.
  return encode(out) == text ? std::optional(std::move(out)) : std::nullopt;
}

Syscalls syscalls_of(const ImageView& image) {
  auto parsed = parse_syscalls(image.syscalls());
  if (!parsed) std::abort();  // read() has looked at it
  return std::move(*parsed);
}

}  // namespace glacis::image
