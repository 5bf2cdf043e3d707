// SPDX-License-Identifier: Apache-2.0
// The way in: a profile's path to a resolved profile, or to diagnostics.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/profile/files.h"
#include "manager/profile/model.h"

namespace glacis::profile {

struct LoadOptions {
  // Folders in which includes are found, after the profile's own.
  std::vector<std::filesystem::path> search = {"/etc/glacis", "/usr/share/glacis"};
  // Where paths of the profile are looked at for symlinks; not at all without.
  std::optional<std::filesystem::path> root;
  // Read from here and not from the disk.
  const Files* files = nullptr;
  // Warnings and notes of the lint. Rules without effect are found in any case.
  bool lint = true;
};

// Nothing if the diagnostics hold an error of this load. Spans, in rules as in
// diagnostics, index `sources`; use a fresh SourceSet for each profile, so that
// ResolvedProfile::files names this profile's files only. Diagnostics are in
// order of file, line and column.
[[nodiscard]] std::optional<ResolvedProfile> load_profile(const std::filesystem::path& path,
                                                          const LoadOptions& options,
                                                          diag::Diagnostics& diagnostics,
                                                          diag::SourceSet& sources);

// A profile from memory, under the name `path`; includes come from
// `options.files`, or nowhere.
[[nodiscard]] std::optional<ResolvedProfile> load_profile_text(std::string text,
                                                               const std::filesystem::path& path,
                                                               const LoadOptions& options,
                                                               diag::Diagnostics& diagnostics,
                                                               diag::SourceSet& sources);

}  // namespace glacis::profile
