// SPDX-License-Identifier: Apache-2.0
// What `glacis run` puts in force before it starts a program, whatever layer enforces.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "manager/backend/seccomp/filter.h"
#include "manager/base/fd.h"
#include "manager/base/result.h"
#include "manager/cli/output.h"
#include "manager/cli/policy.h"

namespace glacis::cli {

struct Cli;

// Exit codes of `run` itself.
inline constexpr int kFailed = 125;
inline constexpr int kNotExecuted = 126;
inline constexpr int kNotFound = 127;

using Filters = std::vector<seccomp::Program>;

struct Start {
  std::string domain;
  Filters filters;
  // In the child, for its next exec. Where it fails nothing is started.
  std::function<Status()> enter;
  std::string refusals;  // where a refusal can be read
  Fd held;               // until the program runs
};

// The system calls of a domain in this mode; an error where it refuses the exec.
[[nodiscard]] Result<Filters> filters_for(const image::ImageView& image, const std::string& domain,
                                          gl_mode mode);

// AppArmor in BPF's place: the profile is exported, loaded and entered at the exec.
// Says each rule that it can't express. `program` is what will be executed.
[[nodiscard]] Result<Start> start_apparmor(Cli& cli, const fs::path& file,
                                           const profile::LoadOptions& options,
                                           const std::string& program);

}  // namespace glacis::cli
