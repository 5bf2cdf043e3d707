// SPDX-License-Identifier: Apache-2.0
// Where profiles, abstractions and drop-ins are read from: the disk, or a map in
// memory for tests and fuzzing.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "manager/base/file.h"

namespace glacis::profile {

inline constexpr std::size_t largest_file = std::size_t{1} << 20;

class Files {
 public:
  virtual ~Files() = default;
  [[nodiscard]] virtual std::expected<std::string, ReadFailure> read(
      const std::filesystem::path& path) const = 0;
  // The names in a folder, sorted by bytes; empty if there is no such folder.
  [[nodiscard]] virtual std::expected<std::vector<std::string>, ReadFailure> list(
      const std::filesystem::path& folder) const = 0;
};

class DiskFiles : public Files {
 public:
  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override;
  std::expected<std::vector<std::string>, ReadFailure> list(
      const std::filesystem::path& folder) const override;
};

class MemoryFiles : public Files {
 public:
  void add(const std::filesystem::path& path, std::string text);
  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override;
  std::expected<std::vector<std::string>, ReadFailure> list(
      const std::filesystem::path& folder) const override;

 private:
  std::map<std::string, std::string> texts_;
};

}  // namespace glacis::profile
