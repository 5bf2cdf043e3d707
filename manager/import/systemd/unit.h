// SPDX-License-Identifier: Apache-2.0
// A unit file as systemd.syntax(7) has it: settings in order, lists that an empty
// value empties, lines that go on behind a backslash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/span.h"

namespace glacis::import::systemd {

inline constexpr std::size_t most_settings = 10'000;
inline constexpr std::size_t most_words = 10'000;

struct Setting {
  std::string section;
  std::string key;
  std::string value;  // lines joined by a space
  diag::Span span;    // of its first line
};

// Adds the settings; false, and an error among the diagnostics, if it is no unit file.
[[nodiscard]] bool read_unit(std::string_view text, std::uint32_t file, std::vector<Setting>& out,
                             diag::Diagnostics& diagnostics);

// A value's words, quotes and escapes taken off.
[[nodiscard]] std::vector<std::string> words_of(std::string_view value);

}  // namespace glacis::import::systemd
