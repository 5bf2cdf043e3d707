// SPDX-License-Identifier: Apache-2.0
// /etc/glacis/glacis.toml: what the daemon does where the kernel can't enforce,
// and who may ask it for what.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"

namespace glacis::daemon {

inline constexpr const char* config_path = "/etc/glacis/glacis.toml";

// Each may do what those before it may.
//   viewer    look: Status, Monitor
//   operator  what makes nothing weaker: Reload, a stricter mode, Confirm
//   admin     everything: Unload, a weaker mode
enum class Role { none, viewer, operator_, admin };
inline constexpr std::array<std::string_view, 4> role_words = {"none", "viewer", "operator",
                                                               "admin"};
[[nodiscard]] inline std::string_view word(Role role) {
  return role_words[static_cast<std::size_t>(role)];
}

// A kernel that can't run the programs: end with an error, or go on and say in
// every answer that nothing is enforced.
enum class OnNoLsm { fail, report };

// "user:alice", "group:ops".
struct Account {
  bool group = false;
  std::string name;
  friend bool operator==(const Account&, const Account&) = default;
};

struct Config {
  OnNoLsm on_no_lsm = OnNoLsm::fail;
  std::array<std::vector<Account>, role_words.size()> roles;  // by Role
};

// Nothing if the diagnostics hold an error.
[[nodiscard]] std::optional<Config> parse_config(std::string path, std::string text,
                                                 diag::Diagnostics& diagnostics,
                                                 diag::SourceSet& sources);

}  // namespace glacis::daemon
