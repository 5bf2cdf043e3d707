// SPDX-License-Identifier: Apache-2.0
#include "manager/oci/config.h"

#include "manager/base/file.h"

namespace glacis::oci {
namespace {

constexpr std::string_view what = "config.json";

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& bundle) {
  if (text.size() > config_max) return fail(Exit::usage, "config.json is too long");
  const auto json = parse_object(text, what);
  if (!json) return std::unexpected(json.error());
  const auto root = json->find("root");
  if (root == json->end() || !root->is_object())
    return fail(Exit::usage, "config.json has no root");
  const auto path = string_in(*root, "path", what);
  if (!path) return std::unexpected(path.error());
  if (path->empty()) return fail(Exit::usage, "config.json has a root without a path");
  auto annotations = annotations_in(*json, what);
  if (!annotations) return std::unexpected(annotations.error());
  return Config{path->starts_with('/') ? *path : bundle + "/" + *path, std::move(*annotations)};
}

Result<Config> read_config(const std::string& bundle) {
  const auto text = read_file(bundle + "/config.json", config_max);
  if (!text) return std::unexpected(text.error());
  return parse_config(*text, bundle);
}

}  // namespace glacis::oci
