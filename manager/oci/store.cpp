// SPDX-License-Identifier: Apache-2.0
#include "manager/oci/store.h"

#include <filesystem>

#include "manager/base/file.h"

namespace glacis::oci {
namespace {

constexpr std::string_view what = "the list of containers";

}  // namespace

Names names_of_layer(std::string_view text, std::string_view layer) {
  // What reads JSON here reads objects.
  const auto whole = parse_object(R"({"list":)" + std::string(text) + "}", what);
  if (!whole || whole->size() != 1 || !whole->front().is_array()) return {};
  for (const Json& one : whole->front()) {
    if (!one.is_object()) return {};
    const auto own = string_in(one, "layer", what);
    if (!own || *own != layer) continue;
    const auto written = string_in(one, "metadata", what);
    const auto about = parse_object(written ? *written : std::string(), "its metadata");
    if (!about) return {};
    const auto name = string_in(*about, "name", what);
    const auto image = string_in(*about, "image-name", what);
    Names out;
    if (name) out.name = *name;
    if (image) out.image = *image;
    return out;
  }
  return {};
}

void add_names_of_store(Annotations& annotations, const std::string& root) {
  const std::filesystem::path merged(root), layer = merged.parent_path();
  if (merged.filename() != "merged" || layer.parent_path().filename() != "overlay") return;
  const auto list = layer.parent_path().parent_path() / "overlay-containers" / "containers.json";
  const auto text = read_whole(list, store_max);
  if (!text) return;
  const Names names = names_of_layer(*text, layer.filename().native());
  if (!names.name.empty()) annotations["org.glacis.name"] = names.name;
  if (!names.image.empty()) annotations["org.glacis.image"] = names.image;
}

}  // namespace glacis::oci
