// SPDX-License-Identifier: Apache-2.0
// What other layers of the kernel refuse becomes evidence: read from the audit stream as
// it comes, since who is looked for late is gone; told by the rules of audit/tally.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "manager/audit/record.h"
#include "manager/audit/socket.h"
#include "manager/audit/tally.h"
#include "manager/evidence/other.h"

namespace glacis::daemon {

// What waits to be written, in words of the log.
struct Heard {
  using Told = audit::Tally<evidence::Other>::Told;
  std::vector<Told> refusals;
  std::uint64_t dropped = 0;  // for want of room
  bool lost = false;          // by the kernel, nobody knows how many
};

class Others {
 public:
  using Time = std::chrono::milliseconds;
  // Nothing where a record concerns no domain.
  using Look = std::function<std::optional<evidence::Other>(audit::Record)>;
  // An error: all of it is to be told again.
  using Write = std::function<Status(const Heard&)>;

  Others(Look look, Write write) : look_(std::move(look)), write_(std::move(write)) {}

  // Why nothing is heard, or nothing.
  std::string open();
  [[nodiscard]] int fd() const { return socket_ ? socket_->fd() : -1; }

  // What waits at the socket, bounded.
  void read(Time now);
  // As the kernel wrote it.
  void hear(std::uint16_t type, std::string_view text, Time now);
  // Writes what is due; `all`: at the end.
  Status flush(Time now, bool all = false);
  [[nodiscard]] std::optional<Time> next() const;

 private:
  Look look_;
  Write write_;
  std::optional<audit::Socket> socket_;
  audit::Tally<evidence::Other> tally_;
  Heard waiting_;  // could not be written yet
  Time flush_at_{};
};

}  // namespace glacis::daemon
