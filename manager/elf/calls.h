// SPDX-License-Identifier: Apache-2.0
// The system calls that a program may make, from its code and its libraries':
// what is reachable from where they start, by calls, by imports and by each
// function whose address is put somewhere. A function that nothing reachable
// names adds nothing. What can't be known is listed, never left out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "manager/elf/library.h"

namespace glacis::elf {

struct Place {
  std::string file;      // bytes of a path
  std::string function;  // a symbol's name, or its address
  std::uint64_t at = 0;  // the first instruction that makes the call

  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Unresolved {
  Place place;
  std::string why;
};

struct StaticCalls {
  std::vector<std::string> files;
  std::map<std::uint32_t, std::vector<Place>> calls;  // by number, of x86-64
  std::vector<Unresolved> unresolved;
  std::size_t functions = 0, reachable = 0;
};

// Names of numbers, as libseccomp knows them; "" for none.
[[nodiscard]] std::string call_name(std::uint32_t number);

[[nodiscard]] StaticCalls calls_of(const Program& program);

}  // namespace glacis::elf
