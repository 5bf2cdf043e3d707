// SPDX-License-Identifier: Apache-2.0
// Parts of probe.h: what files of the system tell, and what must be tried.
#pragma once

#include <string>

#include "manager/kernel/probe.h"

namespace glacis::kernel {

[[nodiscard]] bool privileged();  // every capability needed, in the first user namespace

[[nodiscard]] Check check_privileges();
[[nodiscard]] Check check_version();
[[nodiscard]] Check check_btf();
[[nodiscard]] Check check_modules();
[[nodiscard]] Check check_bpffs_mount();
[[nodiscard]] Check check_ftrace();
[[nodiscard]] Check check_addresses();
[[nodiscard]] Check check_root_ways();
[[nodiscard]] Check check_mount_namespace();
[[nodiscard]] Check check_memory();
[[nodiscard]] Check check_preemption();

// By trial; `unknown` without privileges.
[[nodiscard]] Check try_program();
[[nodiscard]] Check try_map(const char* name, int type, const char* use);
[[nodiscard]] Check find_others();

}  // namespace glacis::kernel
