// SPDX-License-Identifier: Apache-2.0
// KubeArmorPolicy and KubeArmorHostPolicy: one profile each. A policy that allows
// is a list, class by class; one that blocks takes from all that there is.
#pragma once

#include <string>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/import/imported.h"

namespace glacis::import::kubearmor {

inline constexpr std::size_t most_entries = 4096;

// Documents of other kinds are left alone. Nothing, and an error among the
// diagnostics, where the text is at fault.
[[nodiscard]] std::vector<Imported> import_text(std::string text, const std::string& path,
                                                diag::Diagnostics& diagnostics,
                                                diag::SourceSet& sources);

}  // namespace glacis::import::kubearmor
