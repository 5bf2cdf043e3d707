// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sodium/crypto_hash_sha256.h>

#include <algorithm>
#include <array>

#include "manager/base/escape.h"
#include "manager/base/file.h"
#include "manager/init/image.h"
#include "manager/oci/json.h"

namespace glacis::init {
namespace {

namespace fs = std::filesystem;
using oci::Json;

constexpr int nesting_max = 4;  // an index that names an index
constexpr std::string_view algorithm = "sha256:";

std::string sha256_of(const std::string& bytes) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size());
  std::string out;
  for (const unsigned char byte : hash) out += fmt::format("{:02x}", byte);
  return out;
}

// The digest is a part of a path: nothing but its own digits.
Result<std::string> blob(const fs::path& folder, const std::string& digest) {
  const std::string hex = digest.starts_with(algorithm) ? digest.substr(algorithm.size()) : "";
  const bool good = hex.size() == 64 && hex.find_first_not_of("0123456789abcdef") == hex.npos;
  if (!good)
    return fail(Exit::usage,
                fmt::format("the layout names a blob by {}, and not by a digest of sha256",
                            escape(digest.substr(0, 100))));
  auto text = read_file(folder / "blobs" / "sha256" / hex, image_config_max);
  if (!text) return text;
  if (sha256_of(*text) != hex)
    return fail(Exit::usage, fmt::format("the blob {} is another than its name says", digest));
  return text;
}

bool for_this_machine(const Json& manifest) {
  const auto platform = manifest.find("platform");
  if (platform == manifest.end() || !platform->is_object()) return false;
  return platform->value("os", Json()) == "linux" &&
         platform->value("architecture", Json()) == "amd64";
}

// What an index names: its only manifest, or that for this machine.
Result<std::string> chosen(const Json& index) {
  const Json& list = index.at("manifests");
  if (!list.is_array() || list.empty()) return fail(Exit::usage, "the layout holds no image");
  auto at = std::ranges::find_if(
      list, [](const Json& one) { return one.is_object() && for_this_machine(one); });
  if (at == list.end() && list.size() == 1) at = list.begin();
  if (at == list.end() || !at->is_object())
    return fail(Exit::usage,
                "the layout holds several images, and none of them is said to be for "
                "linux/amd64",
                "give a layout of one image, or its configuration");
  return oci::string_in(*at, "digest", "the layout");
}

}  // namespace

Result<std::string> config_of_layout(const fs::path& folder) {
  auto text = read_file(folder / "index.json", image_config_max);
  for (int depth = 0; text && depth < nesting_max; ++depth) {
    const auto parsed = oci::parse_object(*text, "the layout");
    if (!parsed) return std::unexpected(parsed.error());
    if (const auto config = parsed->find("config");
        config != parsed->end() && config->is_object()) {
      const auto digest = oci::string_in(*config, "digest", "the image's manifest");
      return digest ? blob(folder, *digest) : digest;
    }
    if (!parsed->contains("manifests"))
      return fail(Exit::usage, "the layout names something that is no image");
    const auto digest = chosen(*parsed);
    if (!digest) return digest;
    text = blob(folder, *digest);
  }
  return text ? fail(Exit::usage, "the layout nests too deeply") : text;
}

}  // namespace glacis::init
