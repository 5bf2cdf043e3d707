// SPDX-License-Identifier: Apache-2.0
// Patterns for targets that know files, folders and whole trees, and little else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manager/profile/glob.h"

namespace glacis::exports {

struct Place {
  enum class Kind {
    path,     // a path that is written out
    folder,   // what is in it, and it
    tree,     // what is below it, and it
    pattern,  // anything else
  };
  Kind kind = Kind::path;
  std::string text;     // without a slash at its end; of a pattern, as it would be written
  std::string base;     // the deepest folder that all of it is in; of a path, itself
  bool itself = false;  // of a folder or tree: its own path too

  friend bool operator==(const Place&, const Place&) = default;
};

// One for each alternative, without those that another one holds.
[[nodiscard]] std::vector<Place> places_of(std::string_view glob);

// The alternative of a pattern, as it would be written.
[[nodiscard]] std::string text_of(const profile::GlobTokens& tokens);

// `inner` is `outer` or below it.
[[nodiscard]] bool is_below(std::string_view inner, std::string_view outer);

}  // namespace glacis::exports
