// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "manager/cli/policy.h"
#include "manager/learn/recording.h"

namespace glacis::cli {

// Grants of the profile, with its drop-ins, that no run of so many days needed.
// They are listed and no file is changed: whoever wrote them may know why.
[[nodiscard]] Result<int> tell_unused(const Output& out, const learn::Recording& recording,
                                      const fs::path& profile, const profile::LoadOptions& options,
                                      unsigned days);

}  // namespace glacis::cli
