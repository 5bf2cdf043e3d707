// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace glacis::scenario {

struct Names {
  std::filesystem::path dir;       // @DIR@
  std::filesystem::path act;       // @ACT@
  std::string profile;             // @NAME@
  std::filesystem::path build{};   // @BIN@
  std::filesystem::path glacis{};  // @GLACIS@
};

[[nodiscard]] std::string substitute(std::string_view text, const Names& names);

// A scenario's profile, with what every profile needs added where it lacks it.
[[nodiscard]] std::string compose_profile(std::string_view text, const Names& names);

}  // namespace glacis::scenario
