// SPDX-License-Identifier: Apache-2.0
// Records that could not be written to the log (the disk is full) wait in a file
// elsewhere, so that the kernel's ring does not fill meanwhile. They become links
// of the chain when they reach the log. In memory (/run): what waits when the
// machine stops is lost, as the ring would be.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/evidence/record.h"
#include "manager/evidence/store.h"

namespace glacis::evidence {

inline constexpr const char* overflow_path = "/run/glacis/evidence.waiting";

class Overflow {
 public:
  explicit Overflow(std::filesystem::path file = overflow_path,
                    std::uint64_t most = std::uint64_t{64} << 20)
      : file_(std::move(file)), most_(most) {}

  // What waits, the oldest first. Under the log's lock, as everything here.
  [[nodiscard]] Result<std::vector<std::string>> lines() const;
  // All lines or none.
  [[nodiscard]] Status add(std::span<const std::string> lines) const;
  [[nodiscard]] Status clear() const;

 private:
  std::filesystem::path file_;
  std::uint64_t most_;
};

// The log's end, with what waits behind it.
[[nodiscard]] Tail with_waiting(Tail tail, std::span<const std::string> waiting,
                                const Origin& origin);

}  // namespace glacis::evidence
