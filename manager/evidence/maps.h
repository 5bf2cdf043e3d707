// SPDX-License-Identifier: Apache-2.0
// Source maps by image digest: from the rule id in an event to file and line.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "manager/image/sourcemap.h"

namespace glacis::evidence {

inline constexpr const char* source_map_folder = "/var/lib/glacis/images";

class SourceMaps {
 public:
  explicit SourceMaps(std::filesystem::path folder = source_map_folder)
      : folder_(std::move(folder)) {}

  // Null where none is stored, or where what is stored is no map of this image:
  // an event is recorded all the same, by rule id. Read once.
  const image::SourceMap* find(const image::Digest& digest);

  // What was stored and could not be used, in words; each is told once.
  [[nodiscard]] const std::set<std::string>& problems() const { return problems_; }

 private:
  std::optional<image::SourceMap> read(const image::Digest& digest);

  std::filesystem::path folder_;
  std::map<image::Digest, std::optional<image::SourceMap>> known_;
  std::set<std::string> problems_;
};

}  // namespace glacis::evidence
