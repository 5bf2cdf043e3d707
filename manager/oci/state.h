// SPDX-License-Identifier: Apache-2.0
// The state of a container, as a runtime gives it to hooks (OCI runtime
// specification, state).
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "manager/oci/json.h"

namespace glacis::oci {

inline constexpr std::size_t state_max = std::size_t{1} << 20;

struct State {
  std::string id;
  std::string bundle;  // an absolute path
  pid_t pid = 0;       // 0 once it has ended
  bool stopped = false;
  Annotations annotations;
};

[[nodiscard]] Result<State> parse_state(std::string_view text);

// From a descriptor, to its end; more than `max` bytes are refused. `name` is for
// errors.
[[nodiscard]] Result<std::string> read_to_end(int fd, std::size_t max = state_max,
                                              std::string_view name = "the state");

}  // namespace glacis::oci
