// SPDX-License-Identifier: Apache-2.0
// What a program's file says of its workload.
#pragma once

#include <filesystem>

#include "manager/base/result.h"
#include "manager/init/first.h"

namespace glacis::init {

// Of a script, its interpreter is a program of the workload too. Symbolic links
// are followed, as the kernel matches the file that they lead to.
[[nodiscard]] Result<Workload> workload_of_program(const std::filesystem::path& path);

}  // namespace glacis::init
