// SPDX-License-Identifier: Apache-2.0
// Ends what runs in a domain.
#pragma once

#include <cstddef>
#include <cstdint>

#include "manager/kernel/enforcer.h"

namespace glacis::kernel {

// SIGKILL to every process whose first thread is in the domain; how many there were. What they
// start meanwhile is looked for again, a few times. An error where one can't be killed; the others
// are.
Result<std::size_t> end_processes(const Enforcer& enforcer, std::uint32_t domain);

}  // namespace glacis::kernel
