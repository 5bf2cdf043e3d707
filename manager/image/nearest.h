// SPDX-License-Identifier: Apache-2.0
// For a refusal that no rule speaks of: the rule that a person would most
// likely want to look at. A hint for records, never part of a decision.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "manager/image/sourcemap.h"

namespace glacis::image {

// The path rule with the longest common beginning of whole directories, among
// them one that grants an access asked for, then the one that shares most of
// its text. None if not even the first directory is common.
[[nodiscard]] std::optional<profile::RuleId> nearest(const SourceMap& map, std::string_view path,
                                                     std::uint32_t access);

}  // namespace glacis::image
