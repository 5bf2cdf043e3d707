// SPDX-License-Identifier: Apache-2.0
// Where the rules of a JSON text stand, which a parsed value no longer tells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "manager/diag/span.h"

namespace glacis::import::seccomp {

struct Places {
  std::vector<diag::Span> rules;  // objects in the list named "syscalls", in order
  std::size_t depth = 0;          // the deepest nesting
};

// Never fails; of a text that is no JSON it says something.
[[nodiscard]] Places places_in(std::string_view text, std::uint32_t file);

}  // namespace glacis::import::seccomp
