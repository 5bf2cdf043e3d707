// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "manager/diag/diagnostic.h"
#include "manager/profile/tree.h"
#include "manager/profile/variables.h"

namespace glacis::profile {

enum class PatternUse { path, path_or_abstract };

// Is this a pattern that can match something? `glob` is `text` with its
// variables replaced. Reports what is wrong with it, at the part that is wrong.
[[nodiscard]] bool check_pattern(const Text& text, const std::string& glob, PatternUse use,
                                 const Variables& variables, diag::Diagnostics& diagnostics);

}  // namespace glacis::profile
