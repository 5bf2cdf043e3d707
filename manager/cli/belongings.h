// SPDX-License-Identifier: Apache-2.0
// What an adopted process had already, which no hook will ever ask about again.
#pragma once

#include "manager/cli/output.h"
#include "manager/cli/processes.h"

namespace glacis::cli {

[[nodiscard]] Json belongings_json(const Belongings& of);
void print_belongings(const Output& out, const Belongings& of);

}  // namespace glacis::cli
