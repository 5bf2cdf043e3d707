// SPDX-License-Identifier: Apache-2.0
// Messages of one sink that are not delivered yet: a folder with a file each, so
// that they outlive this program and a sink that is away. Bounded: where it is
// full, a first notice takes the place of the oldest summary, and what finds no
// place is counted. Used by two threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "manager/base/result.h"

namespace glacis::notify {

class Spool {
 public:
  struct Item {
    std::uint64_t number = 0;
    std::string body;
  };

  // Makes the folder (0700) and takes over what is in it.
  static Result<std::unique_ptr<Spool>> open(const std::filesystem::path& folder,
                                             std::uint64_t most);

  // False: there was no place for this message, or a summary gave way to it.
  Result<bool> put(const std::string& body, bool first);
  // The oldest.
  std::optional<Item> front();
  void pop(std::uint64_t number);

  [[nodiscard]] std::size_t size() const;

 private:
  Spool(std::filesystem::path folder, std::uint64_t most)
      : folder_(std::move(folder)), most_(most) {}
  [[nodiscard]] std::filesystem::path path_of(std::uint64_t number, bool first) const;
  bool make_room(bool first);

  std::filesystem::path folder_;
  std::uint64_t most_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, bool> items_;  // number, and whether it is a first notice
  std::uint64_t next_ = 1;
};

}  // namespace glacis::notify
