// SPDX-License-Identifier: Apache-2.0
#include "manager/import/seccomp/places.h"

#include <algorithm>

namespace glacis::import::seccomp {

Places places_in(std::string_view text, std::uint32_t file) {
  Places out;
  std::size_t depth = 0, list = 0;  // the depth inside the list, if we are in it
  std::string_view last;            // the string that ended last
  std::uint32_t line = 1;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') {
      ++line;
      start = at + 1;
    } else if (c == '"') {
      const std::size_t begin = ++at;
      while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
      at = std::min(at, text.size());
      last = text.substr(begin, at - begin);
    } else if (c == '{' || c == '[') {
      ++depth;
      out.depth = std::max(out.depth, depth);
      if (c == '[' && list == 0 && last == "syscalls") list = depth;
      if (c == '{' && list != 0 && depth == list + 1) {
        const auto column = static_cast<std::uint32_t>(at - start + 1);
        out.rules.push_back({file, line, column, column + 1});
      }
    } else if ((c == '}' || c == ']') && depth > 0) {
      if (depth == list) list = 0;
      --depth;
    }
  }
  return out;
}

}  // namespace glacis::import::seccomp
