// SPDX-License-Identifier: Apache-2.0
// The kernel's audit records as they are made: a multicast group that anybody with
// CAP_AUDIT_READ may listen to, beside auditd or without one. What was made before
// open() is not to be had, and who reads too slowly loses records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "manager/base/fd.h"
#include "manager/base/result.h"

namespace glacis::audit {

class Socket {
 public:
  // An error where this kernel has no audit, or this process may not listen.
  static Result<Socket> open();

  [[nodiscard]] int fd() const { return fd_.get(); }

  struct Got {
    std::size_t records = 0;
    bool lost = false;  // some, and nobody knows how many
  };
  using Each = std::function<void(std::uint16_t type, std::string_view text)>;
  // What waits, at most so many; never waits itself.
  Got read(std::size_t most, const Each& each);

 private:
  explicit Socket(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace glacis::audit
