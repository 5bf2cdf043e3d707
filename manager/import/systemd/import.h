// SPDX-License-Identifier: Apache-2.0
// What a unit takes away from its service, as a first profile: systemd starts from
// everything and refuses some of it, so what is left is granted, to be narrowed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/import/imported.h"
#include "manager/import/systemd/groups.h"
#include "manager/profile/files.h"

namespace glacis::import::systemd {

struct ImportOptions {
  Groups groups;
  const profile::Files* files = nullptr;  // the disk, without
};

// The file, and the drop-ins UNIT.d/*.conf beside it. Nothing, and an error among
// the diagnostics, if it is no unit.
[[nodiscard]] std::optional<Imported> import_file(const std::filesystem::path& path,
                                                  const ImportOptions& options,
                                                  diag::Diagnostics& diagnostics,
                                                  diag::SourceSet& sources);

}  // namespace glacis::import::systemd
