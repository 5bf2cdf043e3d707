// SPDX-License-Identifier: Apache-2.0
// AppArmor's patterns as ours. AppArmor compares a directory's path with a slash
// at its end and a file's without; ours have none, so that one pattern of theirs
// is a set of ours for files and another for directories.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace glacis::import::apparmor {

struct Globs {
  std::vector<std::string> files;
  std::vector<std::string> directories;
};

struct PatternError {
  enum class Kind { malformed, too_large, not_text };
  Kind kind = Kind::malformed;
  std::string what;
};

inline constexpr std::size_t most_globs = 256;  // of one pattern

// `text` has no variables left.
[[nodiscard]] std::expected<Globs, PatternError> globs_of(std::string_view text);

// A name that is no path, such as an abstract socket's.
[[nodiscard]] std::expected<std::string, PatternError> name_of(std::string_view text);

// The last name of the path is one of a finite set: what it names is a file or a
// directory, and the rule knows which.
[[nodiscard]] bool last_name_is_finite(std::string_view glob);

}  // namespace glacis::import::apparmor
