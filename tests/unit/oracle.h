// SPDX-License-Identifier: Apache-2.0
// What a verdict must be, found the slow and obvious way: the glob's own text
// is followed forwards by backtracking, and rules are gone through one by one.
// It shares no code with the builder or the core, only their vocabulary.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lsm/abi/verdict.h"
#include "manager/profile/model.h"
#include "manager/sim/simulator.h"

namespace glacis::oracle {

// nullopt: it gave up after too many steps.
[[nodiscard]] std::optional<bool> matches(std::string_view glob, std::string_view path);

[[nodiscard]] std::optional<gl_verdict> decide(const profile::ResolvedProfile& profile,
                                               const sim::Request& request);

// What a candidate of [attach] answers: enum gl_attach_answer.
[[nodiscard]] std::optional<std::uint32_t> attach(const profile::ResolvedProfile& profile,
                                                  std::string_view path, std::uint32_t ending,
                                                  std::uint32_t by);

// A cgroup on the way from the root to a task, and the domain that its name attaches.
struct Cgroup {
  bool slice = false;
  std::uint32_t domain = 0;
};

// The domain of the unit that a task is in, and of the nearest slice around it.
[[nodiscard]] std::uint32_t unit(const std::vector<Cgroup>& way);
[[nodiscard]] std::uint32_t slice(const std::vector<Cgroup>& way);

}  // namespace glacis::oracle
