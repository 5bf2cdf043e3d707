// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "manager/cli/policy.h"

namespace glacis::cli {

struct Exception {
  std::uint64_t record = 0;
  std::string until, reason;
  std::string owner;  // nothing: who asks
  std::string log;    // nothing: this host's
};

// Adds an entry to PROFILE.toml.d/60-exceptions.toml, once the compiler took it.
[[nodiscard]] Result<int> add_exception(const Output& out, const std::string& name,
                                        const fs::path& profile,
                                        const profile::LoadOptions& options,
                                        const Exception& wanted);

}  // namespace glacis::cli
