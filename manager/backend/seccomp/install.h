// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "manager/backend/seccomp/filter.h"
#include "manager/base/result.h"

namespace glacis::seccomp {

// For the calling thread and what it becomes and starts, for ever. What is refused
// is logged by the kernel (audit record 1326). Needs CAP_SYS_ADMIN: no_new_privs is
// not set, since an exec of a set-uid program would then go on without its rights
// where this profile refuses it with a record, or grants it.
[[nodiscard]] Status install(std::span<const Program> programs);

}  // namespace glacis::seccomp
