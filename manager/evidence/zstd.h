// SPDX-License-Identifier: Apache-2.0
// Files compressed with zstd, in bounded memory whatever they hold.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "manager/evidence/lines.h"

namespace glacis::evidence {

class Decompressor {
 public:
  Decompressor(ReadMore more, std::filesystem::path path);
  // Fewer bytes than asked for only at the end. A file that is damaged or was cut
  // off is an error.
  Result<std::size_t> read(char* to, std::size_t size);

 private:
  [[nodiscard]] std::unexpected<Error> damaged(const char* why) const;

  struct Free {
    void operator()(void* context) const;
  };
  ReadMore more_;
  std::filesystem::path path_;
  std::unique_ptr<void, Free> context_;
  std::vector<char> input_;
  std::size_t filled_ = 0, used_ = 0;
  bool in_frame_ = false;
};

// Written beside, saved and renamed, so that `path` is whole or not there.
[[nodiscard]] Status compress_to(const std::filesystem::path& path, const ReadMore& more);

}  // namespace glacis::evidence
