// SPDX-License-Identifier: Apache-2.0
// Whole files: read with a bound, written so that a reader sees the old bytes
// or the new ones and never a part.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "manager/base/result.h"

namespace glacis {

struct ReadFailure {
  enum class Kind { missing, not_regular, too_large, unreadable };
  Kind kind = Kind::unreadable;
  std::string what;  // "is a directory", "Permission denied"
};

// Callers that make a diagnostic of a failure want its kind.
[[nodiscard]] std::expected<std::string, ReadFailure> read_whole(const std::filesystem::path& path,
                                                                 std::size_t limit);

// The same of a descriptor, from where it stands.
[[nodiscard]] std::expected<std::string, ReadFailure> read_descriptor(int fd, std::size_t limit);

[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

// Writes a temporary file beside `path`, syncs it and renames it over `path`.
[[nodiscard]] Status write_file(const std::filesystem::path& path, std::string_view bytes,
                                unsigned mode = 0644);

}  // namespace glacis
