// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/runner/profile_text.h"

#include <sstream>
#include <utility>

namespace glacis::scenario {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

bool has_line(std::string_view text, std::string_view beginning) {
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(beginning)) return true;
  }
  return false;
}

// Keys of the document itself come before its first table.
std::pair<std::string, std::string> split_at_first_table(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::string head;
  std::string tables;
  for (std::string line; std::getline(in, line);) {
    const bool table = !tables.empty() || line.starts_with('[');
    (table ? tables : head) += line + '\n';
  }
  return {head, tables};
}

}  // namespace

std::string substitute(std::string_view text, const Names& names) {
  std::string out(text);
  replace_all(out, "@DIR@", names.dir.string());
  replace_all(out, "@ACT@", names.act.string());
  replace_all(out, "@NAME@", names.profile);
  replace_all(out, "@BIN@", names.build.string());
  replace_all(out, "@GLACIS@", names.glacis.string());
  return out;
}

std::string compose_profile(std::string_view text, const Names& names) {
  const auto [head, tables] = split_at_first_table(text);
  std::string out;
  if (!has_line(head, "schema")) out += "schema = 1\n";
  if (!has_line(head, "include")) out += "include = [\"abstractions/base\"]\n";
  out += head;
  if (!has_line(tables, "[profile]")) out += "[profile]\nname = \"@NAME@\"\nmode = \"enforce\"\n";
  if (!has_line(tables, "[exec]")) out += "[exec]\nallow = [\"@ACT@\"]\n";
  return substitute(out + tables, names);
}

}  // namespace glacis::scenario
