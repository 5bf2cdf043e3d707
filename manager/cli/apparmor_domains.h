// SPDX-License-Identifier: Apache-2.0
// Domains that AppArmor enforces, as `status` shows them and `unload` ends them. The
// kernel's own list is what is true: nothing is kept beside it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/cli/output.h"

namespace glacis::cli {

struct AppArmorDomain {
  std::string name;
  std::string mode;              // AppArmor's word: enforce, complain, kill
  std::vector<pid_t> processes;  // that it confines
};

// By name; without one all. None where AppArmor is not there.
[[nodiscard]] Result<std::vector<AppArmorDomain>> apparmor_domains(const std::string& name = {});

[[nodiscard]] Json apparmor_json(const std::vector<AppArmorDomain>& domains);
void print_apparmor(const Output& out, const std::vector<AppArmorDomain>& domains);

// Ends what AppArmor enforces of this name; false where that is nothing. Refuses,
// unless forced, while it confines somebody: who would go on without it.
[[nodiscard]] Result<bool> unload_apparmor(const std::string& name, bool force, bool dry_run);

}  // namespace glacis::cli
