// SPDX-License-Identifier: Apache-2.0
// The log that a command reads: this host's, brought up to date as root, or a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "manager/cli/command.h"
#include "manager/cli/output.h"
#include "manager/evidence/list.h"

namespace glacis::cli {

// --grade.
void add_grade(Command command, std::string& to);

// `file`: nothing for this host's.
[[nodiscard]] std::filesystem::path log_of(const std::string& file);
[[nodiscard]] Status need_log(const std::string& file);

// The counts that the running kernel holds; none for another log, without root,
// or where nothing is in force.
[[nodiscard]] Result<std::optional<evidence::Live>> live_counts(const Output& out,
                                                                const std::string& file);

[[nodiscard]] Result<evidence::Entry> open_record(const Output& out, const std::string& file,
                                                  const std::string& name);

}  // namespace glacis::cli
