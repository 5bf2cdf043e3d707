// SPDX-License-Identifier: Apache-2.0
// Classic BPF as seccomp runs it, and stacked filters as the kernel combines them.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <span>

#include "manager/backend/seccomp/filter.h"

namespace glacis::seccomp {

// What one program answers; aborts the test on an instruction that seccomp refuses.
[[nodiscard]] std::uint32_t run_program(std::span<const sock_filter> code,
                                        const seccomp_data& data);

// Installed in this order.
[[nodiscard]] std::uint32_t run_stack(std::span<const Program> programs, const seccomp_data& data);

}  // namespace glacis::seccomp
