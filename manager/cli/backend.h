// SPDX-License-Identifier: Apache-2.0
// Which layer enforces: what was asked for, and what this kernel has.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/backend/apparmor/host.h"
#include "manager/base/result.h"
#include "manager/cli/output.h"
#include "manager/kernel/probe.h"

namespace glacis::cli {

enum class Backend { bpf, apparmor };

// What this kernel lacks for BPF's programs, so that no command brings it; nothing
// where they can be loaded, or where only something is to be switched on again.
[[nodiscard]] std::optional<kernel::Check> bpf_lacks(const std::vector<kernel::Check>& checks);

// "auto", "bpf" or "apparmor".
[[nodiscard]] Result<Backend> decide_backend(std::string_view word,
                                             const std::vector<kernel::Check>& checks,
                                             const apparmor::Host& host);

// By this host; says so where auto takes the weaker layer.
[[nodiscard]] Result<Backend> choose_backend(const Output& out, const std::string& word);

}  // namespace glacis::cli
