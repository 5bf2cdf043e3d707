// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "manager/base/result.h"
#include "manager/oci/settings.h"

namespace glacis::hook {

// The config.json `text` of a container that is about to be made, with `hook` and the
// profile's filter of system calls; as it is where it may start unconfined.
// `bundle` is what a relative root is below of.
[[nodiscard]] Result<std::string> prepare(const std::string& text, const std::string& bundle,
                                          const oci::Settings& settings, const std::string& hook);

// podman's stage precreate: config.json comes by stdin and is given back on stdout.
// What refuses the container is written into it, for the runtime to be told.
[[nodiscard]] Status precreate();

// This program; the hook is beside it.
[[nodiscard]] Result<std::filesystem::path> own_path();

}  // namespace glacis::hook
