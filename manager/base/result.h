// SPDX-License-Identifier: Apache-2.0
// What can fail returns Result<T>. An Error says what happened, where, what
// stays unchanged and what to do next, in words for the person who reads it,
// and carries the exit code that a command ends with.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace glacis {

// Exit codes of the commands. They are an interface: never renumbered.
enum class Exit : int {
  ok = 0,
  findings = 1,  // check failed, drift, broken chain
  usage = 2,     // wrong usage or invalid input
  kernel = 3,    // this kernel cannot
  not_permitted = 4,
  unreachable = 5,  // no daemon
  partial = 6,      // applied, but a backend could not express a rule
  bug = 70,
};

struct Error {
  Exit exit = Exit::usage;
  std::string what;       // "cannot open policy image /x: No such file or directory"
  std::string unchanged;  // "the profile that was loaded stays in force"
  std::string next;       // "run `glacis doctor`"
};

// What to do next. Where the kernel can't and nothing better is known: the command that
// tells why.
[[nodiscard]] inline std::string remedy_of(const Error& error) {
  if (!error.next.empty() || error.exit != Exit::kernel) return error.next;
  return "run `glacis doctor`, which tells what this host can enforce";
}

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(Exit exit, std::string what, std::string next = {},
                                                 std::string unchanged = {}) {
  return std::unexpected(Error{exit, std::move(what), std::move(unchanged), std::move(next)});
}

}  // namespace glacis
