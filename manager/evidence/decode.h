// SPDX-License-Identifier: Apache-2.0
// The kernel's struct gl_event, checked, as a C++ value. Numbers that are no
// value of their enum are kept: a record of a newer kernel program is still a
// record. Bytes that a process chose are Untrusted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lsm/abi/event.h"
#include "manager/base/escape.h"
#include "manager/base/result.h"

namespace glacis::evidence {

struct Text {
  Untrusted bytes;
  bool complete = true;  // false: the beginning is missing

  friend bool operator==(const Text&, const Text&) = default;
};

struct Ancestor {
  std::uint32_t pid = 0;
  Untrusted comm;
};

struct Subject {
  std::uint32_t pid = 0;    // the thread
  std::uint32_t tgid = 0;   // the process
  std::uint64_t start = 0;  // of the process, nanoseconds since boot
  std::uint32_t uid = 0, fsuid = 0, gid = 0;
  std::uint64_t capabilities = 0;
  std::uint64_t cgroup = 0;
  Untrusted comm;
  Text exe;
  std::vector<Ancestor> ancestry;  // parent first
};

struct Object {
  std::uint32_t ending = 0;
  std::uint32_t dev = 0;
  std::uint64_t inode = 0;
  std::uint32_t mode = 0;
  std::uint32_t owner = 0;
  std::uint32_t op = 0, kind = 0;
  std::uint32_t family = 0, type = 0, protocol = 0;
  std::uint32_t port = 0;
  bool v6 = false;
  std::array<std::uint32_t, 4> address{};  // host order
  std::uint32_t capability = 0;
  std::uint32_t peer = 0;         // another task's process
  std::uint32_t peer_domain = 0;  // 0: unconfined
  std::uint32_t signal = 0;
  Untrusted peer_comm;
  Text path;
};

struct Event {
  std::uint64_t seq = 0;
  std::uint64_t time = 0;  // CLOCK_BOOTTIME, nanoseconds
  std::uint32_t domain = 0;
  std::uint32_t generation = 0;
  std::array<std::uint8_t, 32> digest{};
  std::uint32_t hook = 0, mode = 0, klass = 0, access = 0;
  gl_verdict verdict{};
  std::int32_t error = 0;
  bool whole = true;  // false: of a table of refusals, without what only the ring has (counts.h)
  Subject subject;
  Object object;
};

// All but its path.
[[nodiscard]] Object object_of(const gl_event_object& from);

[[nodiscard]] Result<Event> decode(std::span<const std::byte> bytes);

// The sequence number of bytes that decode() refused, if that much can be read.
[[nodiscard]] std::optional<std::uint64_t> sequence_of(std::span<const std::byte> bytes);

}  // namespace glacis::evidence
