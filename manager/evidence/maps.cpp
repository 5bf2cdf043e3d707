// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/maps.h"

#include <fmt/format.h>

#include "manager/base/escape.h"
#include "manager/base/file.h"

namespace glacis::evidence {
namespace {

constexpr std::size_t kLargest = 64u << 20;

}  // namespace

std::optional<image::SourceMap> SourceMaps::read(const image::Digest& digest) {
  const auto path = folder_ / (image::hex(digest) + ".map.json");
  const auto json = read_whole(path, kLargest);
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

const image::SourceMap* SourceMaps::find(const image::Digest& digest) {
  auto at = known_.find(digest);
  if (at == known_.end()) at = known_.emplace(digest, read(digest)).first;
  return at->second ? &*at->second : nullptr;
}

}  // namespace glacis::evidence
