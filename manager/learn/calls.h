// SPDX-License-Identifier: Apache-2.0
// The system calls of what was learned: observed by strace, or found in the code
// of the programs and their libraries (manager/elf/calls.h). Each says which.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "manager/elf/calls.h"
#include "manager/learn/recording.h"

namespace glacis::learn {

struct Call {
  std::string name;
  bool observed = false;
  std::vector<elf::Place> places;  // in code; none: it was only observed
};

struct CallList {
  std::vector<std::string> programs;  // that were looked through
  std::vector<Call> calls;            // by name
  std::vector<elf::Unresolved> unresolved;

  [[nodiscard]] std::size_t observed() const;
};

inline constexpr std::size_t largest_trace = std::size_t{256} << 20;

// Names in the output of strace, by lines (-f, -t and the like) or of -c. An error
// where it has none.
[[nodiscard]] Result<std::set<std::string>> parse_trace(std::string_view text);

void add_observed(CallList& into, const std::set<std::string>& names);
void add_static(CallList& into, const elf::StaticCalls& from);

// Of a program; what can't be read of it is unresolved.
void add_program(CallList& into, const elf::Root& root, const std::string& path);

// Programs that were seen to run, or to be executed.
[[nodiscard]] std::vector<std::string> programs_of(const Recording& recording);

// The table [syscalls] of a drop-in, with what is not known of it as comments.
[[nodiscard]] std::string calls_toml(const CallList& list);

}  // namespace glacis::learn
