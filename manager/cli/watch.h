// SPDX-License-Identifier: Apache-2.0
// A run of learning while it goes on: what the kernel recorded is moved to the
// evidence log, and from there to the recording.
#pragma once

#include <string>

#include "manager/cli/cli.h"
#include "manager/cli/policy.h"
#include "manager/learn/database.h"

namespace glacis::cli {

// /etc/glacis/profiles/NAME.toml; a profile that grants nothing is written
// there if there is none. What is there is never changed.
[[nodiscard]] Result<fs::path> profile_to_learn(const Output& out, const std::string& name,
                                                const std::string& file);
[[nodiscard]] fs::path profile_path(const std::string& name);

// All that the log has of the run so far, with the counts that the kernel holds.
[[nodiscard]] Status bring_up_to_date(const Output& out, learn::Database& database,
                                      const learn::Watch& watch, const std::string& name);

// That, and the run is over.
[[nodiscard]] Status finish_run(const Output& out, learn::Database& database,
                                const learn::Watch& watch, const std::string& name);

// Whether the process that watches is there still.
[[nodiscard]] bool is_watched(const learn::Watch& watch);

// The recording, up to date if its run goes on and this is root.
[[nodiscard]] Result<learn::Recording> current_recording(const Output& out,
                                                         const std::string& name);

// The same of a profile's name, or an exported file.
[[nodiscard]] Result<learn::Recording> open_recording(const Output& out, const std::string& what);
[[nodiscard]] Result<learn::Recording> read_export(const std::string& file);

}  // namespace glacis::cli
