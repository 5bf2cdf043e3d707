// SPDX-License-Identifier: Apache-2.0
// What `selftest` and `drill` need to try attacks: a folder of their own, and the
// folder that holds the programs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "manager/base/result.h"

namespace glacis::cli {

// A folder that goes when its owner does. Nobody else can write to it, so that
// what root runs from it is what was put there.
class Scratch {
 public:
  // /var/tmp/PREFIX.XXXXXX
  static Result<Scratch> make(std::string_view prefix);
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The installed folder, else that of the build folder that this program is in.
[[nodiscard]] std::filesystem::path selftest_folder();

}  // namespace glacis::cli
