// SPDX-License-Identifier: Apache-2.0
// Images and source maps by digest, in one folder: what a record's digest stands
// for can be read for as long as they are kept, and early boot loads from them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/evidence/maps.h"

namespace glacis::evidence {

// Under the digest that the map names; the map also under its profile's name.
[[nodiscard]] Status keep_image(std::span<const std::byte> bytes, const image::SourceMap& map,
                                const std::filesystem::path& folder = source_map_folder);

struct KeptImage {
  std::vector<std::byte> bytes;
  image::SourceMap map;
};
// Checked: the bytes have this digest and are an image, and the map is theirs.
[[nodiscard]] Result<KeptImage> kept_image(const image::Digest& digest, const std::string& profile,
                                           const std::filesystem::path& folder = source_map_folder);

}  // namespace glacis::evidence
