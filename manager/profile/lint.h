// SPDX-License-Identifier: Apache-2.0
// Opinions on a profile that is otherwise in order: rules without effect, rules
// that are dangerous, rules that do not mean what they seem to on this host.
#pragma once

#include <filesystem>

#include "manager/diag/diagnostic.h"
#include "manager/profile/patterns.h"
#include "manager/profile/resolve.h"

namespace glacis::profile {

// GL204, GL205: grants below a deny, rules written twice.
void lint_dead(const Resolved& resolved, Patterns& patterns, diag::Diagnostics& diagnostics);

// GL301 to GL304.
void lint_paths(Patterns& patterns, diag::Diagnostics& diagnostics);

// GL305.
void lint_nets(const Resolved& resolved, diag::Diagnostics& diagnostics);

// GL307.
void lint_processes(const Resolved& resolved, diag::Diagnostics& diagnostics);

// GL308.
void lint_transitions(const Resolved& resolved, diag::Diagnostics& diagnostics);

// GL320 to GL322.
void lint_syscalls(const Resolved& resolved, diag::Diagnostics& diagnostics);

// GL311: looks at the file system below `root`.
void lint_symlinks(const Resolved& resolved, const std::filesystem::path& root,
                   diag::Diagnostics& diagnostics);

}  // namespace glacis::profile
