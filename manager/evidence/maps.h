// SPDX-License-Identifier: Apache-2.0
// Source maps by image digest and profile: from the rule id in an event to file and line, and
// to whom it is told. Two profiles with the same rules have one image, and a map each.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "manager/image/sourcemap.h"

namespace glacis::evidence {

inline constexpr const char* source_map_folder = "/var/lib/glacis/images";

// Its file's name. Without a profile: as earlier versions named it, of whichever came last.
[[nodiscard]] std::string source_map_file(const image::Digest& digest, std::string_view profile);

class SourceMaps {
 public:
  explicit SourceMaps(std::filesystem::path folder = source_map_folder)
      : folder_(std::move(folder)) {}

  // Null where none is stored, or where what is stored is no map of this image:
  // an event is recorded all the same, by rule id. Read once. A drill's domain has the map of
  // its profile. Without a domain (its name is not known any more): of any that has this image.
  const image::SourceMap* find(const image::Digest& digest, const std::string& domain = {});

  // What was stored and could not be used, in words; each is told once.
  [[nodiscard]] const std::set<std::string>& problems() const { return problems_; }

 private:
  std::optional<image::SourceMap> read(const image::Digest& digest, const std::string& profile);
  std::optional<image::SourceMap> read_file(const image::Digest& digest, const std::string& name);

  std::filesystem::path folder_;
  std::map<std::pair<image::Digest, std::string>, std::optional<image::SourceMap>> known_;
  std::set<std::string> problems_;
};

}  // namespace glacis::evidence
