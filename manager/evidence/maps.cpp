// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/maps.h"

#include <fmt/format.h>

#include "manager/base/drill.h"
#include "manager/base/escape.h"
#include "manager/base/file.h"

namespace glacis::evidence {
namespace {

constexpr std::size_t kLargestMap = 64u << 20;

}  // namespace

std::string source_map_file(const image::Digest& digest, std::string_view profile) {
  std::string out = image::hex(digest);
  if (!profile.empty()) out += fmt::format(".{}", profile);
  return out + ".map.json";
}

std::optional<image::SourceMap> SourceMaps::read(const image::Digest& digest,
                                                 const std::string& profile) {
  // A domain's name comes from the kernel, and is no path.
  if (profile.find('/') != profile.npos) return std::nullopt;
  if (!profile.empty())
    if (auto own = read_file(digest, source_map_file(digest, profile))) return own;
  auto any = read_file(digest, source_map_file(digest, {}));
  if (any && !profile.empty() && any->profile != profile) return std::nullopt;
  return any;
}

std::optional<image::SourceMap> SourceMaps::read_file(const image::Digest& digest,
                                                      const std::string& name) {
  const auto path = folder_ / name;
  const auto json = read_whole(path, kLargestMap);
  if (!json) {
    if (json.error().kind != ReadFailure::Kind::missing)
      problems_.insert(fmt::format("{}: {}", escape(path.native()), json.error().what));
    return std::nullopt;
  }
  auto map = image::parse_source_map(*json);
  if (!map) {
    problems_.insert(fmt::format("{}: {}", escape(path.native()), map.error().what));
    return std::nullopt;
  }
  if (map->image != digest) {
    problems_.insert(fmt::format("{}: is the map of another image", escape(path.native())));
    return std::nullopt;
  }
  return std::move(*map);
}

const image::SourceMap* SourceMaps::find(const image::Digest& digest, const std::string& domain) {
  const auto drill = drill_of(domain);
  const std::string& profile = drill ? drill->profile : domain;
  const std::pair key(digest, profile);
  auto at = known_.find(key);
  if (at == known_.end()) at = known_.emplace(key, read(digest, profile)).first;
  return at->second ? &*at->second : nullptr;
}

}  // namespace glacis::evidence
