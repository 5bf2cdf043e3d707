// SPDX-License-Identifier: Apache-2.0
// A first profile: what is known of a workload before it ever ran, in observe
// mode, to start learning with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "manager/base/result.h"

namespace glacis::init {

struct Port {
  std::uint16_t number = 0;
  bool udp = false;

  auto operator<=>(const Port&) const = default;
};

struct Workload {
  std::string name;                   // of the profile; see import::profile_name
  std::string head;                   // what it was made of, for the comment above all
  std::vector<std::string> programs;  // patterns that it may execute
  std::string attach;                 // the pattern that enters by itself; or empty
  std::vector<std::string> data;      // folders that hold its data
  std::vector<Port> ports;            // that it listens on
};

// Its text; ends with a newline. It names abstractions/base and nameservice.
[[nodiscard]] std::string first_profile(const Workload& workload);

// The pattern that this path alone matches.
[[nodiscard]] std::string literal(const std::string& path);

// Absolute, and without a part that is empty, "." or "..".
[[nodiscard]] bool plain_path(const std::string& path);

}  // namespace glacis::init
