// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <variant>

#include "manager/profile/lint.h"

namespace glacis::profile {

void lint_transitions(const Resolved& resolved, diag::Diagnostics& diagnostics) {
  for (const Rule& rule : resolved.profile.rules) {
    const auto* path = std::get_if<PathRule>(&rule.body);
    if (path == nullptr || !path->transition || !path->transition->unsafe) continue;
    diagnostics
        .add(diag::Code::GL308,
             fmt::format("who traces this program, or shares its root, acts as `{}`",
                         path->transition->to))
        .at(rule.span)
        .suggest("remove unsafe = true unless the program is always started so");
  }
}

}  // namespace glacis::profile
