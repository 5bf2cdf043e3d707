// SPDX-License-Identifier: Apache-2.0
// A profile's file as what the kernel gets.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "lsm/abi/verdict.h"
#include "manager/base/result.h"
#include "manager/image/sourcemap.h"
#include "manager/profile/load.h"

namespace glacis::daemon {

struct Policy {
  std::string name;
  gl_mode mode = GL_MODE_NONE;
  std::vector<std::byte> bytes;
  image::Digest digest{};
  image::SourceMap map;
};

// The error holds what is wrong, a line each, with its place.
[[nodiscard]] Result<Policy> compile(const std::filesystem::path& path,
                                     const profile::LoadOptions& options);

}  // namespace glacis::daemon
