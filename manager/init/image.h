// SPDX-License-Identifier: Apache-2.0
// What a container image says of its workload: the configuration of OCI's image
// specification 1.1 (config.md), as a file, in a layout, or as `inspect` of
// docker and podman prints it. All of it was written by whoever made the image.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "manager/base/result.h"
#include "manager/init/first.h"

namespace glacis::init {

inline constexpr std::size_t image_config_max = 4u << 20;

struct ImageConfig {
  std::vector<std::string> words;  // entrypoint, then command
  std::string user;                // as written; empty: root
  std::vector<std::string> path;   // folders in which programs are looked for
  std::vector<Port> ports;
  std::vector<std::string> volumes;
};

[[nodiscard]] Result<ImageConfig> read_image_config(std::string_view text);

// The text of the configuration in a layout (image-layout.md), whose blobs are
// compared with their digests. Of an image for several machines, linux/amd64.
[[nodiscard]] Result<std::string> config_of_layout(const std::filesystem::path& folder);

// `from` is what the comment calls the image. An image that names no program, or
// one that can't be known, is an error.
[[nodiscard]] Result<Workload> workload_of(const ImageConfig& image, std::string_view from);

}  // namespace glacis::init
