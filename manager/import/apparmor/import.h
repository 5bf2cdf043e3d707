// SPDX-License-Identifier: Apache-2.0
// The way in: files of AppArmor's to profiles of ours, each compiled.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/import/imported.h"
#include "manager/profile/files.h"

namespace glacis::import::apparmor {

struct ImportOptions {
  std::vector<std::filesystem::path> search;  // for <...>, in this order
  const profile::Files* files = nullptr;      // the disk, without
};

// Profiles of all files know each other: peers, and px without a name. A file at
// fault is among the diagnostics and gives no profile.
[[nodiscard]] std::vector<Imported> import_files(const std::vector<std::filesystem::path>& paths,
                                                 const ImportOptions& options,
                                                 diag::Diagnostics& diagnostics,
                                                 diag::SourceSet& sources);

// The files of a folder that hold profiles: not its folders, nor what a package
// manager or an editor left.
[[nodiscard]] std::vector<std::filesystem::path> profiles_in(const std::filesystem::path& folder,
                                                             const profile::Files& files);

}  // namespace glacis::import::apparmor
