// SPDX-License-Identifier: Apache-2.0
// The permissions of a file rule: "rw", "mrix", "Px".
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace glacis::import::apparmor {

enum class Exec { none, inherit, profile, child, unconfined, refused };
enum class Fallback { none, inherit, unconfined };

struct FileAccess {
  bool read = false;
  bool write = false;
  bool append = false;
  bool link = false;
  bool lock = false;
  bool map = false;
  Exec exec = Exec::none;
  Fallback fallback = Fallback::none;
  bool scrub = false;  // an upper-case mode
};

// `deny`: of a refusal, where x stands alone. The error says what is wrong.
[[nodiscard]] std::expected<FileAccess, std::string> parse_access(std::string_view text, bool deny);

// What they are on files and on directories, as GL_FILE_*; without execution into
// another profile.
[[nodiscard]] std::uint32_t file_bits(const FileAccess& access, bool deny);
[[nodiscard]] std::uint32_t directory_bits(const FileAccess& access, bool deny);

}  // namespace glacis::import::apparmor
