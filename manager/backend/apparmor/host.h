// SPDX-License-Identifier: Apache-2.0
// Whether this host's AppArmor can enforce for us, and what of it this kernel has.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "manager/base/result.h"

namespace glacis::apparmor {

struct Host {
  bool enabled = false;
  std::string why;      // where it is not
  std::string next;     // what enables it
  bool asleep = false;  // the module as a whole complains only, or its mode can't be read
  std::string parser;   // its path; empty without one
  std::string version;  // of the parser: "3.0.8"
  // Kinds of rules that are never asked about on this kernel: "signals".
  std::vector<std::string> unasked;
};

// Asks the kernel and the parser.
[[nodiscard]] Host look();

// Whether AppArmor as a whole refuses nothing, whatever its profiles' modes, or does
// not say; for a host that has it.
[[nodiscard]] bool is_asleep();

// An error that says what is missing; nothing was started then.
[[nodiscard]] Status usable(const Host& host);

// "AppArmor parser version 3.0.8\n..." -> "3.0.8"; empty for what is no such answer.
[[nodiscard]] std::string parser_version(std::string_view answer);

// By the folder `features` of AppArmor's file system.
[[nodiscard]] std::vector<std::string> unasked_kinds(const std::filesystem::path& features);

}  // namespace glacis::apparmor
