// SPDX-License-Identifier: Apache-2.0
// Tells that something below the folders of profiles was changed, once it is quiet
// again: a file is not read while it is being written.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <vector>

#include "manager/base/fd.h"
#include "manager/base/result.h"

namespace glacis::daemon {

class Watch {
 public:
  using Time = std::chrono::milliseconds;

  explicit Watch(std::vector<std::filesystem::path> folders) : folders_(std::move(folders)) {}
  Status open();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Reads what there is.
  void read(Time now);
  // When due() will be true, if nothing more is changed.
  [[nodiscard]] std::optional<Time> next() const;
  // True once for each time of changes.
  [[nodiscard]] bool due(Time now);

 private:
  void refresh();

  std::vector<std::filesystem::path> folders_;
  Fd fd_;
  std::optional<Time> first_, last_;
};

}  // namespace glacis::daemon
