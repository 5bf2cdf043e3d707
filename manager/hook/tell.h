// SPDX-License-Identifier: Apache-2.0
// How a refusal reaches whoever asked for the container.
#pragma once

#include <string>
#include <string_view>

#include "manager/base/result.h"

namespace glacis::hook {

inline constexpr int refused = 1;

// Without a name of the program; printable.
[[nodiscard]] std::string line_of(const Error& error);

// As a runtime writes an error to `log`, which its engine reads (--log); may be empty.
void add_to_log(const std::string& log, std::string_view line);

// The runtime that started this hook, where it gave no stderr (crun gives /dev/null
// unless an annotation says otherwise): its stderr becomes ours, and its log is
// returned, to which an error has to be added, since podman shows the stderr of a
// runtime only where the log is not the runtime's alone. Else empty.
[[nodiscard]] std::string borrow_stderr();

}  // namespace glacis::hook
