// SPDX-License-Identifier: Apache-2.0
// The folders of logs and keys.
#pragma once

#include <filesystem>

#include "manager/base/result.h"

namespace glacis::evidence {

// With those above it, for its owner alone (0700); one that is there stays.
[[nodiscard]] Status make_folder(const std::filesystem::path& folder);
// Names made, changed or removed in it survive a stop of the machine.
[[nodiscard]] Status sync_folder(const std::filesystem::path& folder);

}  // namespace glacis::evidence
