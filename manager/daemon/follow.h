// SPDX-License-Identifier: Apache-2.0
// The evidence log as it grows, whoever writes to it, over changes of its file.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "manager/base/fd.h"

namespace glacis::daemon {

class Follow {
 public:
  explicit Follow(std::filesystem::path log) : log_(std::move(log)) {}

  // From here on: what is there already is passed over.
  void skip();
  // Calls `each` for the lines that are new; at most some 1 MiB a call.
  void next(const std::function<void(const std::string&)>& each);

 private:
  bool reopen(bool at_end);
  [[nodiscard]] bool replaced() const;

  std::filesystem::path log_;
  Fd fd_;
  std::uint64_t offset_ = 0;
  std::string part_;  // of a line that is not ended yet
};

}  // namespace glacis::daemon
