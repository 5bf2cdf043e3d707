// SPDX-License-Identifier: Apache-2.0
// What glacisd adds to `glacis status`, and all of it for who is not root.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "manager/cli/cli.h"

namespace glacis::cli {

// Said of a domain that is held.
[[nodiscard]] std::string held_text(const std::string& name);

// None: no daemon runs here. An error: it does not answer, or not to this user.
[[nodiscard]] std::optional<Result<Json>> daemon_status();

// Files, modes that are not confirmed, and problems.
[[nodiscard]] Json daemon_part(const Json& status);
void print_daemon(const Output& out, const Json& status);

Result<int> show_daemon_status(const Cli& cli, const Result<Json>& status, const std::string& name);

}  // namespace glacis::cli
