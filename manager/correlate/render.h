// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "manager/correlate/join.h"

namespace glacis::correlate {

[[nodiscard]] std::string correlation_text(const Correlation& found);
// What was read, what was not understood, and on what it was joined.
[[nodiscard]] std::string summary_text(const Correlation& found, const std::vector<Source>& sources,
                                       const Options& options);
[[nodiscard]] nlohmann::ordered_json correlation_json(const Correlation& found,
                                                      const std::vector<Source>& sources,
                                                      const Options& options);

}  // namespace glacis::correlate
