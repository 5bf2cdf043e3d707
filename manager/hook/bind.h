// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "manager/base/result.h"
#include "manager/oci/settings.h"
#include "manager/oci/state.h"

namespace glacis::hook {

// Before the container's program starts: its first process is labelled, its
// cgroup armed, its names kept. Done twice it is the same as once.
[[nodiscard]] Status bind(const oci::State& state, const oci::Settings& settings);

// After the container has ended: what was refused is moved to the log, while the
// names are known, and its cgroup is forgotten.
[[nodiscard]] Status clean_up(const oci::State& state);

}  // namespace glacis::hook
