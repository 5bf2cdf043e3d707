// SPDX-License-Identifier: Apache-2.0
// A second holder of all that is pinned. A link lives as long as its pin or a
// descriptor of it: whoever removes pins, or unmounts their file system, ends
// nothing while this lives, and what is gone is pinned again.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "manager/base/fd.h"
#include "manager/base/result.h"

namespace glacis::kernel {

class Holder {
 public:
  struct Changes {
    std::vector<std::string> taken;     // held now; for whoever keeps copies of descriptors
    std::vector<std::string> dropped;   // ended by a command, held no more
    std::vector<std::string> restored;  // pinned again
    std::vector<std::string> lost;      // not pinned, and could not be: held all the same
  };

  // What was held before this process, by its name below the folder of pins.
  void take(std::map<std::string, Fd> kept);
  // Holds what is new; puts back what is gone though nobody ended it.
  [[nodiscard]] Result<Changes> refresh();
  // -1: not held.
  [[nodiscard]] int descriptor(const std::string& name) const;

 private:
  struct Held {
    Fd fd;
    ino_t inode = 0;  // of the pin; 0 where it was not seen yet
  };
  using Pins = std::map<std::string, ino_t>;

  [[nodiscard]] static Result<Pins> pinned();
  [[nodiscard]] Status restore(Changes& changes);
  [[nodiscard]] bool ended(const std::string& name) const;

  std::map<std::string, Held> held_;
};

}  // namespace glacis::kernel
