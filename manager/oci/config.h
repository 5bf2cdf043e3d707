// SPDX-License-Identifier: Apache-2.0
// What is read of a bundle's config.json.
#pragma once

#include <string>
#include <string_view>

#include "manager/oci/json.h"

namespace glacis::oci {

inline constexpr std::size_t config_max = std::size_t{4} << 20;

struct Config {
  std::string root;  // absolute: where the container's root is on the host
  Annotations annotations;
};

[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& bundle);
[[nodiscard]] Result<Config> read_config(const std::string& bundle);

}  // namespace glacis::oci
