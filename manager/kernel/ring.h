// SPDX-License-Identifier: Apache-2.0
// The ring buffer of events, read in two steps: `take` looks at records and
// leaves them where they are, `commit` gives their room back to the kernel. So
// a record is only gone from the ring once it is safe elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "manager/base/result.h"

namespace glacis::kernel {

// The three parts that the kernel maps for a consumer.
struct RingMemory {
  std::uint64_t* consumer = nullptr;        // position, written by the reader
  const std::uint64_t* producer = nullptr;  // position, written by the kernel
  const std::byte* data = nullptr;          // `size` bytes, seen twice in a row
  std::size_t size = 0;                     // a power of two
};

struct Taken {
  std::uint64_t end = 0;   // what to commit when all that was taken is safe
  bool writing = false;    // it ended at a record that is still being written
  bool malformed = false;  // it ended at a length that can't be
};

using TakeRecord = std::function<void(std::span<const std::byte>)>;

// Calls `take` for every finished record between the consumer's position and
// where the producer is now, in order; moves nothing.
[[nodiscard]] Taken take_records(const RingMemory& ring, const TakeRecord& take);

class Ring {
 public:
  // Maps the ring that `map_fd` is; the descriptor stays the caller's. One
  // reader at a time: the caller holds a lock around take and commit.
  static Result<Ring> open(int map_fd);

  Ring(Ring&& other) noexcept;
  Ring& operator=(Ring&& other) noexcept;
  ~Ring();

  // The kernel's number of this map; within a boot it is given once, so that
  // sequence numbers of two rings are never mixed up.
  [[nodiscard]] std::uint32_t id() const { return id_; }

  [[nodiscard]] Taken take(const TakeRecord& each) const { return take_records(memory_, each); }
  void commit(std::uint64_t end);

 private:
  Ring() = default;
  void unmap();

  RingMemory memory_;
  void* consumer_page_ = nullptr;
  void* producer_pages_ = nullptr;
  std::uint32_t id_ = 0;
};

}  // namespace glacis::kernel
