// SPDX-License-Identifier: Apache-2.0
// Readiness as a person or a program reads it.
#pragma once

#include <string>

#include "manager/learn/readiness.h"

namespace glacis::learn {

// `ascii`: without block characters.
[[nodiscard]] std::string coverage_text(const Recording& recording, const Readiness& readiness,
                                        bool ascii);
[[nodiscard]] std::string coverage_json(const Recording& recording, const Readiness& readiness);
// One file that needs nothing else: no script, no network.
[[nodiscard]] std::string coverage_html(const Recording& recording, const Readiness& readiness);

}  // namespace glacis::learn
