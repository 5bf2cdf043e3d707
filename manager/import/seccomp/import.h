// SPDX-License-Identifier: Apache-2.0
// A seccomp profile of a container runtime: the JSON of the OCI's runtime-spec,
// by itself or in config.json, or docker's, with includes and excludes. It says
// nothing but calls; all else is granted, in blocks to be narrowed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/import/imported.h"

namespace glacis::import::seccomp {

inline constexpr std::size_t most_rules = 4096;
inline constexpr std::size_t most_names = 16384;
inline constexpr std::size_t most_args = 16;
inline constexpr std::size_t deepest = 32;

struct ImportOptions {
  std::string name;                       // of the profile
  std::vector<std::string> capabilities;  // "CAP_SYS_ADMIN": the container has them
};

// Nothing, and an error among the diagnostics, if it is not the format.
[[nodiscard]] std::optional<Imported> import_text(std::string text, const std::string& path,
                                                  const ImportOptions& options,
                                                  diag::Diagnostics& diagnostics,
                                                  diag::SourceSet& sources);

}  // namespace glacis::import::seccomp
