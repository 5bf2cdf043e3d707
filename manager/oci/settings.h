// SPDX-License-Identifier: Apache-2.0
// What the host's administrator says of containers: [oci] of glacis.toml.
//
//   [oci]
//   default    = "NAME"   the profile of containers that nothing else tells one
//                         for, or "unconfined"; without it they are refused
//   timeout    = 5        seconds, 1 to 60, after which the hook refuses
//   runtime    = "PATH"   what glacis-oci-runtime stands for; /usr/bin/runc
//   unconfined = ["K=V"]  annotations with which a container starts unconfined
//   images     = { "docker.io/library/nginx" = "nginx" }    by name, any tag
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/base/result.h"

namespace glacis::oci {

inline constexpr const char* settings_file = "/etc/glacis/glacis.toml";
inline constexpr std::string_view unconfined_word = "unconfined";

struct Settings {
  std::optional<std::string> fallback;
  unsigned timeout = 5;
  std::string runtime = "/usr/bin/runc";
  std::vector<std::string> unconfined;
  std::map<std::string, std::string> images;
};

[[nodiscard]] Result<Settings> parse_settings(std::string_view text);
// Where there is no file, what it would say by default.
[[nodiscard]] Result<Settings> read_settings();

}  // namespace glacis::oci
