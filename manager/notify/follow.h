// SPDX-License-Identifier: Apache-2.0
// Reading the evidence log on from where one stopped, across rotations. Nobody is
// locked out by it: lines that are being written are read the next time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "manager/base/result.h"

namespace glacis::notify {

// Behind the last line that was read.
struct Cursor {
  std::string log;  // its id
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

// None where there is no log yet.
[[nodiscard]] Result<std::optional<Cursor>> end_of_log(const std::filesystem::path& log);

// Whole lines behind `cursor`, which moves on with them. Another log than the one
// that it is of is read from its start.
[[nodiscard]] Status read_on(const std::filesystem::path& log, Cursor& cursor,
                             const std::function<void(std::string_view)>& each);

// None where there is none; what is damaged counts as none.
[[nodiscard]] std::optional<Cursor> load_cursor(const std::filesystem::path& file);
[[nodiscard]] Status save_cursor(const std::filesystem::path& file, const Cursor& cursor);

}  // namespace glacis::notify
