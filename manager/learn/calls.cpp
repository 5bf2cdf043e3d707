// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "manager/base/escape.h"
#include "manager/profile/syscalls.h"

namespace glacis::learn {
namespace {

constexpr std::size_t kLongestName = 40;
constexpr std::size_t kMostTold = 40;  // comments of a drop-in
constexpr std::size_t kColumns = 96;

// After it the program is started with the filter in force.
constexpr std::string_view kStart = "execve";

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// `[pid 12] 10:01:02.3 read(0, ...`, `12 <... read resumed>...`, or a row of -c:
// `  1.00  0.1  2  3  1 read`.
std::optional<std::string_view> name_in(std::string_view line) {
  bool digits = false;
  while (!line.empty()) {
    if (line.starts_with("[pid")) {
      line.remove_prefix(4);
    } else if (std::string_view("0123456789.:+-[] \t").find(line.front()) !=
               std::string_view::npos) {
      digits = digits || (line.front() >= '0' && line.front() <= '9');
      line.remove_prefix(1);
    } else {
      break;
    }
  }
  constexpr std::string_view resumed = "<... ";
  if (line.starts_with(resumed)) {
    line.remove_prefix(resumed.size());
    line = line.substr(0, line.find(' '));
  } else if (const auto end = line.find('('); end != std::string_view::npos) {
    line = line.substr(0, end);
  } else if (!digits || line == "total") {
    return std::nullopt;
  }
  return is_name(line) ? std::optional(line) : std::nullopt;
}

Call& at(CallList& list, const std::string& name) {
  const auto found = std::ranges::lower_bound(list.calls, name, {}, &Call::name);
  if (found != list.calls.end() && found->name == name) return *found;
  return *list.calls.insert(found, Call{name, false, {}});
}

void add_name(std::string& out, std::size_t& column, const std::string& name) {
  const std::string word = fmt::format("\"{}\",", name);
  if (column + word.size() + 1 > kColumns) {
    out += "\n ";
    column = 1;
  }
  out += " " + word;
  column += word.size() + 1;
}

template <typename Wanted>
std::string part(const CallList& list, std::string_view title, const Wanted& wanted) {
  std::string names;
  std::size_t column = 1;
  for (const Call& one : list.calls)
    if (wanted(one)) add_name(names, column, one.name);
  return names.empty() ? "" : fmt::format("  # {}\n {}\n", title, names);
}

}  // namespace

std::size_t CallList::observed() const {
  return static_cast<std::size_t>(std::ranges::count(calls, true, &Call::observed));
}

Result<std::set<std::string>> parse_trace(std::string_view text) {
  std::set<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (const auto name = name_in(text.substr(0, end)))
      if (!out.contains(std::string(*name)) && profile::is_syscall(std::string(*name)))
        out.emplace(*name);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (out.empty())
    return fail(Exit::usage, "there is no system call in what should be the output of strace",
                "strace -f -o FILE CMD...");
  return out;
}

void add_observed(CallList& into, const std::set<std::string>& names) {
  for (const std::string& name : names) at(into, name).observed = true;
}

void add_static(CallList& into, const elf::StaticCalls& from) {
  for (const auto& [number, places] : from.calls) {
    const std::string name = elf::call_name(number);
    if (name.empty()) {
      into.unresolved.push_back(
          {places.front(), fmt::format("call {}, which has no name here", number)});
      continue;
    }
    auto& known = at(into, name).places;
    known.insert(known.end(), places.begin(), places.end());
    std::ranges::sort(known);
    const auto [first, last] = std::ranges::unique(known);
    known.erase(first, last);
  }
  for (const elf::Unresolved& one : from.unresolved)
    if (std::ranges::none_of(into.unresolved, [&](const elf::Unresolved& known) {
          return known.place == one.place && known.why == one.why;
        }))
      into.unresolved.push_back(one);
}

void add_program(CallList& into, const elf::Root& root, const std::string& path) {
  into.programs.push_back(path);
  const auto program = elf::load_program(root, path);
  if (program)
    add_static(into, elf::calls_of(*program));
  else
    into.unresolved.push_back({{path, {}, 0}, program.error().what});
}

std::vector<std::string> programs_of(const Recording& recording) {
  std::set<std::string> out;
  for (const Behaviour& one : recording.behaviours) {
    if (one.exe.starts_with('/')) out.insert(one.exe);
    if (const auto* exec = std::get_if<sim::ExecRequest>(&one.request)) out.insert(exec->path);
    const auto* file = std::get_if<sim::FileRequest>(&one.request);
    if (file != nullptr && file->ending == GL_ENDING_ROOTED && (file->access & GL_FILE_EXECUTE))
      out.insert(file->path);
  }
  return {out.begin(), out.end()};
}

std::string calls_toml(const CallList& list) {
  std::string out;
  const std::size_t told = std::min(list.unresolved.size(), kMostTold);
  if (told != 0)
    out += fmt::format("# The list may lack calls: {} places of the code could not be read.\n",
                       list.unresolved.size());
  for (std::size_t i = 0; i < told; ++i)
    out += fmt::format("#   {} {}: {}\n", escape(list.unresolved[i].place.file),
                       escape(list.unresolved[i].place.function), escape(list.unresolved[i].why));
  std::string body = part(list, "observed", [](const Call& one) { return one.observed; });
  body += part(list, "static: in the code of the programs, or their libraries",
               [](const Call& one) { return !one.observed; });
  if (body.empty()) return {};
  if (std::ranges::find(list.calls, kStart, &Call::name) == list.calls.end())
    body += fmt::format("  # starts the program\n  \"{}\",\n", kStart);
  return fmt::format("\n{}[syscalls]\nallow = [\n{}]\n", out, body);
}

}  // namespace glacis::learn
