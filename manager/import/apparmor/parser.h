// SPDX-License-Identifier: Apache-2.0
// AppArmor text to tree. Includes are followed where they stand; what a condition
// rules out is parsed and left out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/import/apparmor/tree.h"
#include "manager/profile/files.h"

namespace glacis::import::apparmor {

// Bounds on one file with all that it includes.
inline constexpr std::size_t most_files = 2048;
inline constexpr std::size_t most_bytes = std::size_t{16} << 20;
inline constexpr std::size_t most_rules = 100'000;
inline constexpr std::size_t deepest_include = 32;
inline constexpr std::size_t deepest_block = 32;

struct ParseOptions {
  // Where <abstractions/base> is looked for, in this order.
  std::vector<std::filesystem::path> search;
  const profile::Files* files = nullptr;
};

// Nothing, and an error among the diagnostics, if it is not the language.
[[nodiscard]] std::optional<Policy> parse(const std::filesystem::path& path,
                                          const ParseOptions& options,
                                          diag::Diagnostics& diagnostics, diag::SourceSet& sources);

// A name that a package manager or an editor gives to what it leaves behind.
[[nodiscard]] bool left_behind(std::string_view name);

}  // namespace glacis::import::apparmor
