// SPDX-License-Identifier: Apache-2.0
// Profiles of ours in the kernel's AppArmor: put there, listed, taken away.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manager/base/fd.h"
#include "manager/base/result.h"

namespace glacis::apparmor {

// Before the names of ours. A dot, since `//` and `:` have a meaning there.
inline constexpr std::string_view prefix = "glacis.";

struct Loaded {
  std::string domain;  // without the prefix
  std::string mode;    // "enforce", "complain", "kill"
};

// The kernel's list; what is not ours, or a child that it made itself, is left out.
[[nodiscard]] std::vector<Loaded> parse_profiles(std::string_view list);

// Of this kernel, by name; empty where AppArmor is not there.
[[nodiscard]] Result<std::vector<Loaded>> loaded();

// While it is held nobody loads, enters or removes one of ours: what is entered at an
// exec is not taken away before, which would leave the task unconfined. It is let go
// when every copy of it is closed, such as at the exec.
[[nodiscard]] Result<Fd> lock();

// In place of one of that name at once, for the tasks that it confines too. Answers
// once the kernel lists it in this mode.
[[nodiscard]] Status replace(const std::string& domain, const std::string& binary, bool enforces);

// The tasks that it confines are unconfined from then on.
[[nodiscard]] Status remove(const std::string& domain);

}  // namespace glacis::apparmor
