// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "manager/backend/seccomp/filter.h"
#include "manager/backend/seccomp/policy.h"
#include "manager/base/result.h"
#include "manager/image/sourcemap.h"

namespace glacis::seccomp {

// The seccomp object of an OCI config.json, which docker and podman take as a
// file. It has no `flags`, which runc before 1.2 refuses: refusals are not logged
// there. `map` may be null; it names the rule that can't be expressed.
[[nodiscard]] Result<std::string> oci_json(const Policy& policy, const Machine& machine,
                                           const image::SourceMap* map);

// The same policy for people.
[[nodiscard]] std::string text(const Policy& policy, const image::SourceMap* map);

}  // namespace glacis::seccomp
