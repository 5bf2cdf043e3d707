// SPDX-License-Identifier: Apache-2.0
// Which parts of a file's name look as if they change from one time to the
// next, and how such a name is written as a pattern.
#pragma once

#include <string>
#include <string_view>

namespace glacis::learn {

struct Shape {
  std::string glob;       // the name, quoted, with patterns for what varies
  bool varies = false;    // some part does
  std::string_view what;  // "numbers", "UUIDs" ...: of the first such part
};

// `segment`: one name of a path, as bytes.
[[nodiscard]] Shape shape_of(std::string_view segment);

// The pattern that matches these bytes and no others, but for bytes that are no
// UTF-8, which a profile can't hold: each becomes a set of what is no ASCII.
[[nodiscard]] std::string glob_quoted(std::string_view bytes);

}  // namespace glacis::learn
