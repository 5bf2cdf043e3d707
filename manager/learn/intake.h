// SPDX-License-Identifier: Apache-2.0
// From the evidence log into a recording: what it has of a run.
#pragma once

#include <filesystem>
#include <string>

#include "manager/evidence/list.h"
#include "manager/learn/database.h"

namespace glacis::learn {

// All records of the run so far. Those that are known already only get their counts, so that
// taking in now and then leaves little to do at the run's end.
// `counts`: what the kernel still counts, or null.
[[nodiscard]] Status take_in(Database& database, const Watch& watch, const std::string& profile,
                             const std::filesystem::path& log, const evidence::Live* counts);

}  // namespace glacis::learn
