// SPDX-License-Identifier: Apache-2.0
// Looks after what enforces: that hooks run at all, that those that are needed are
// attached, and that what is pinned stays so.
#pragma once

#include <set>
#include <string>

#include "manager/daemon/notify.h"
#include "manager/kernel/holder.h"

namespace glacis::daemon {

class GuardWatch {
 public:
  struct Found {
    std::string problem;   // empty: all is well, or nothing is loaded
    std::string restored;  // what had to be put back, and was
  };

  explicit GuardWatch(const Notify& notify) : notify_(notify) {}

  // What the process before this one held.
  void begin() { holder_.take(Notify::kept()); }
  [[nodiscard]] Found look();

 private:
  void hand_over(const kernel::Holder::Changes& changes);

  const Notify& notify_;
  kernel::Holder holder_;
  std::set<std::string> to_keep_;    // what the manager has no copy of yet
  std::set<std::string> to_forget_;  // what it still has one of
};

}  // namespace glacis::daemon
