// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/profile/tree.h"

namespace glacis::profile {

// TOML text to tree. Nothing, and one diagnostic, if it is not TOML.
[[nodiscard]] std::optional<Node> parse(const diag::SourceSet& sources, std::uint32_t file,
                                        diag::Diagnostics& diagnostics);

}  // namespace glacis::profile
