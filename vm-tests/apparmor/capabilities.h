// SPDX-License-Identifier: Apache-2.0
// Capabilities by attempting: 6.1's label query allows them all, so a task enters the
// profile and does what the kernel asks the capability for, and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace glacis::oracle {

// One act: nothing else decides it, so no path, address, signal or trace is in it, and
// what it needs is open before the profile is entered. It changes nothing but itself.
struct Act {
  int capability;
  std::uint64_t suffice;      // any of these lets it pass: some have an older one beside them
  int (*prepare)();           // a descriptor or nothing to speak of
  int (*attempt)(int given);  // 0, or an errno
};

[[nodiscard]] std::span<const Act> acts();

// In a task of its own: whether it passed, 1 or 0. Nothing where the profile (by its
// label, ":space:name") can't be entered.
[[nodiscard]] std::optional<std::uint32_t> attempt(const std::string& label, int capability);

}  // namespace glacis::oracle
