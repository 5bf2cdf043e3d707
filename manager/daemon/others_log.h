// SPDX-License-Identifier: Apache-2.0
// What was heard of others' refusals, as lines of the evidence log.
#pragma once

#include "manager/daemon/others.h"

namespace glacis::daemon {

Status write_heard(const Heard& heard);

}  // namespace glacis::daemon
