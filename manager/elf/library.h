// SPDX-License-Identifier: Apache-2.0
// A program and the libraries that the loader would map with it: by RPATH and
// RUNPATH, the folders of ld.so.conf and the system's own. The environment
// (LD_LIBRARY_PATH, LD_PRELOAD) is none of the program's.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "manager/base/fd.h"
#include "manager/elf/image.h"

namespace glacis::elf {

inline constexpr std::size_t most_images = 256;
inline constexpr std::size_t largest_program = std::size_t{1} << 30;  // all files together

// Files below a folder, for which that folder is "/": symbolic links stay in it.
class Root {
 public:
  static Result<Root> open(const std::filesystem::path& folder);
  [[nodiscard]] Result<std::vector<std::uint8_t>> read(const std::string& path,
                                                       std::size_t limit) const;
  [[nodiscard]] bool has(const std::string& path) const;
  // Files of a folder of this ending, sorted.
  [[nodiscard]] std::vector<std::string> list(const std::string& folder,
                                              std::string_view ending) const;

 private:
  explicit Root(Fd folder) : folder_(std::move(folder)) {}
  [[nodiscard]] Fd open_at(const std::string& path, int flags) const;
  Fd folder_;
};

struct Program {
  std::vector<Image> images;         // the program, then its libraries in the order of look-up
  std::vector<std::string> missing;  // libraries that were not found, or could not be read
};

[[nodiscard]] Result<Program> load_program(const Root& root, const std::string& path);

// The folders that /etc/ld.so.conf names, with the files that it includes.
[[nodiscard]] std::vector<std::string> configured_folders(const Root& root);

}  // namespace glacis::elf
