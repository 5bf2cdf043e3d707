// SPDX-License-Identifier: Apache-2.0
// glacis why, of a system call: whether the profile's filter refuses it, at which line,
// and what would let it pass. The kernel keeps no arguments of a refused call, so of a
// call that conditions decide no more is said than where these are.
#pragma once

#include "manager/cli/learned.h"
#include "manager/cli/output.h"
#include "manager/cli/policy.h"
#include "manager/evidence/fields.h"

namespace glacis::cli {

// A record of a seccomp filter, or of AppArmor.
[[nodiscard]] bool is_of_other(const Json& record);

[[nodiscard]] Result<int> tell_other(const Output& out, const Json& record,
                                     const Compiled& compiled, const Learned& learned);

}  // namespace glacis::cli
