// SPDX-License-Identifier: Apache-2.0
// What /proc tells of processes. They may end at any time: what is gone is left
// out. All text is chosen by processes.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "manager/base/escape.h"

namespace glacis::cli {

[[nodiscard]] std::vector<pid_t> all_processes();
// The process and its descendants, by number; empty if it is gone.
[[nodiscard]] std::vector<pid_t> family_of(pid_t pid);

struct OpenDescriptor {
  int number = 0;
  std::string access;  // read, write, read,write, path
  Untrusted target;
};

struct Mapping {
  std::string range;
  std::string rights;  // rwxp
  Untrusted target;    // empty for anonymous memory
};

struct Belongings {
  pid_t pid = 0;
  Untrusted comm;
  std::vector<OpenDescriptor> descriptors;  // but for the rings
  std::vector<OpenDescriptor> rings;        // io_uring
  std::vector<Mapping> mappings;            // executable, and anonymous or writable
  bool reads_are_code = false;              // personality(2): what it maps readable is executable
};

// Whether it has something that no hook asks about again, beside the usual three.
[[nodiscard]] bool holds_anything(const Belongings& of);

[[nodiscard]] Belongings belongings_of(pid_t pid);

// How many of them have a seccomp filter, whoever installed it.
[[nodiscard]] std::size_t filtered(const std::vector<pid_t>& processes);
// "bpf seccomp"; "bpf seccomp(2 of 5)" where only some have a filter.
[[nodiscard]] std::string layers_text(std::string_view layer, const std::vector<pid_t>& processes);

}  // namespace glacis::cli
