// SPDX-License-Identifier: Apache-2.0
// What a verdict must be, found the slow and obvious way: the glob's own text
// is followed forwards by backtracking, and rules are gone through one by one.
// It shares no code with the builder or the core, only their vocabulary.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lsm/abi/verdict.h"
#include "manager/profile/model.h"
#include "manager/sim/simulator.h"

namespace glacis::oracle {

// nullopt: it gave up after too many steps.
[[nodiscard]] std::optional<bool> matches(std::string_view glob, std::string_view path);

[[nodiscard]] std::optional<gl_verdict> decide(const profile::ResolvedProfile& profile,
                                               const sim::Request& request);

}  // namespace glacis::oracle
