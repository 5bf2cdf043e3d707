// SPDX-License-Identifier: Apache-2.0
// Our patterns as AppArmor's, which differ in sets, braces and quoting.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace glacis::exports {

// As one word of a rule, quoted where it must be, with `tail` (such as "{,/}")
// behind it. Nothing for what the language can't write down: control bytes.
[[nodiscard]] std::optional<std::string> apparmor_pattern(std::string_view glob,
                                                          std::string_view tail = {});
// The same of a name in addr="...".
[[nodiscard]] std::optional<std::string> apparmor_address(std::string_view glob);

// The pattern, or its alternatives one by one where AppArmor would not take them
// alike: some end in `**` and others do not, or a run behind a slash ends in a
// brace, where it may be empty there.
[[nodiscard]] std::vector<std::string> alike(std::string_view glob);

// Each alternative ends in `**` or is the root: AppArmor's pattern matches the
// directories below as well, whose paths end in a slash there.
[[nodiscard]] bool matches_directories(std::string_view glob);

}  // namespace glacis::exports
