// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/kept.h"

#include <fmt/format.h>

#include "manager/base/escape.h"
#include "manager/base/file.h"
#include "manager/image/reader.h"

namespace glacis::evidence {
namespace {

constexpr std::size_t largest_map = std::size_t{64} << 20;

}  // namespace

Status keep_image(std::span<const std::byte> bytes, const image::SourceMap& map,
                  const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return fail(Exit::usage,
                fmt::format("cannot create {}: {}", escape(folder.native()), error.message()));
  const std::string stem = (folder / image::hex(map.image)).native();
  const std::string json = image::to_json(map);
  for (const std::string& profile : {map.profile, std::string()})
    if (auto done = write_file((folder / source_map_file(map.image, profile)).native(), json);
        !done)
      return done;
  return write_file(stem + ".image", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<KeptImage> kept_image(const image::Digest& digest, const std::string& profile,
                             const std::filesystem::path& folder) {
  const std::string stem = (folder / image::hex(digest)).native();
  const auto other = [&](const char* what) {
    return fail(Exit::usage, escape(stem) + what, "load the profile again");
  };
  const auto bytes = read_file(stem + ".image", std::size_t{GL_IMAGE_SIZE_MAX} + 1);
  if (!bytes) return std::unexpected(bytes.error());
  const auto view = image::read(std::as_bytes(std::span(*bytes)));
  if (!view) return std::unexpected(view.error());
  if (view->digest() != digest) return other(".image is not what its name says");
  auto text = read_file((folder / source_map_file(digest, profile)).native(), largest_map);
  if (!text) text = read_file(stem + ".map.json", largest_map);  // of an earlier version
  if (!text) return std::unexpected(text.error());
  auto map = image::parse_source_map(*text);
  if (!map) return std::unexpected(map.error());
  if (map->image != digest) return other(".map.json is of another image");
  const auto all = view->bytes();
  return KeptImage{{all.begin(), all.end()}, std::move(*map)};
}

}  // namespace glacis::evidence
