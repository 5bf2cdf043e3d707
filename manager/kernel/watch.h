// SPDX-License-Identifier: Apache-2.0
// The decisions of one domain as they are made, allowed ones too: each distinct one
// once (lsm/abi/watch.h). Nothing is decided otherwise meanwhile. One watch at a time
// on a host; what one left behind that was killed, the next one takes away.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "manager/base/fd.h"
#include "manager/base/hook_set.h"
#include "manager/kernel/enforcer.h"
#include "manager/kernel/ring.h"

namespace glacis::kernel {

class Watch {
 public:
  // `also`: hooks that are attached meanwhile, beside those that the domain's own image
  // needs. Exit::usage: no such domain; Exit::not_permitted: somebody watches already, or
  // the host is locked.
  static Result<Watch> start(const std::string& domain, const HookSet& also);

  Watch(Watch&&) noexcept;
  Watch& operator=(Watch&&) = delete;
  ~Watch();  // ends it

  // Whether it still goes on: to load a profile again ends it.
  [[nodiscard]] Result<bool> holds() const;
  Status renew();

  // Readable when there is something to read; owned by this object.
  [[nodiscard]] int fd() const { return ring_fd_.get(); }
  [[nodiscard]] std::uint32_t ring() const { return ring_.id(); }
  // Takes what has come: struct gl_event.
  void read(const TakeRecord& each);
  // Decisions since the start that found no room, as far as read() has been called.
  [[nodiscard]] Result<std::uint64_t> lost() const;

 private:
  struct Parts;
  Watch(std::unique_ptr<Parts> parts, Fd ring_fd, Ring ring);

  std::unique_ptr<Parts> parts_;
  Fd ring_fd_;
  Ring ring_;
  std::uint64_t seen_ = 0;
};

}  // namespace glacis::kernel
