// SPDX-License-Identifier: Apache-2.0
// apparmor_parser as a child: text on its standard input, the kernel's form of it on
// its standard output. It gets no argument and no variable of anybody else's.
#pragma once

#include <string>

#include "manager/base/result.h"

namespace glacis::apparmor {

struct Compiled {
  std::string binary;
  std::string said;  // on its standard error: warnings, in its own words
};

// Where distributions have it; PATH is not asked. Empty if there is none.
[[nodiscard]] std::string find_parser();

// `features`: a file with a kernel's, for tests; of the running kernel without one.
[[nodiscard]] Result<Compiled> compile(const std::string& parser, const std::string& text,
                                       const std::string& features = {});

[[nodiscard]] Result<std::string> ask_version(const std::string& parser);

}  // namespace glacis::apparmor
