// SPDX-License-Identifier: Apache-2.0
#include "manager/oci/settings.h"

#include <fmt/format.h>

#include "manager/base/escape.h"
#include "manager/base/file.h"
#include "manager/base/toml.h"

namespace glacis::oci {
namespace {

constexpr std::size_t settings_max = std::size_t{256} << 10;
constexpr std::int64_t timeout_max = 60;

// Each key is taken or is an error: a word that is misspelt must not be passed
// over in a file that says who is confined.
Status take(Settings& out, std::string_view key, const toml::node& value) {
  const auto wrong = [&](std::string_view why) {
    return fail(Exit::usage, fmt::format("{}: `oci.{}` {}", settings_file, escape(key), why));
  };
  if (key == "default") {
    const auto text = value.value_exact<std::string>();
    if (!text || text->empty()) return wrong("is no name");
    out.fallback = *text;
    return {};
  }
  if (key == "runtime") {
    const auto text = value.value_exact<std::string>();
    if (!text || !text->starts_with('/')) return wrong("is no absolute path");
    out.runtime = *text;
    return {};
  }
  if (key == "timeout") {
    const auto seconds = value.value_exact<std::int64_t>();
    if (!seconds || *seconds < 1 || *seconds > timeout_max) return wrong("is not 1 to 60");
    out.timeout = static_cast<unsigned>(*seconds);
    return {};
  }
  if (key == "unconfined" && value.is_array()) {
    for (const toml::node& one : *value.as_array()) {
      const auto text = one.value_exact<std::string>();
      if (!text || text->find('=') == std::string::npos) return wrong("is no list of KEY=VALUE");
      out.unconfined.push_back(*text);
    }
    return {};
  }
  if (key == "images" && value.is_table()) {
    for (const auto& [name, profile] : *value.as_table()) {
      const auto text = profile.value_exact<std::string>();
      if (!text || text->empty()) return wrong("has an image without a profile's name");
      out.images.emplace(std::string(name.str()), *text);
    }
    return {};
  }
  return wrong("is not known, or of another type");
}

}  // namespace

Result<Settings> parse_settings(std::string_view text) {
  Settings out;
  try {
    const toml::table all = toml::parse(text);
    const toml::node* oci = all.get("oci");
    if (oci == nullptr) return out;
    if (!oci->is_table())
      return fail(Exit::usage, fmt::format("{}: `oci` is no table", settings_file));
    for (const auto& [key, value] : *oci->as_table())
      if (auto taken = take(out, key.str(), value); !taken) return std::unexpected(taken.error());
  } catch (const toml::parse_error& error) {
    return fail(Exit::usage, fmt::format("{}:{}: {}", settings_file, error.source().begin.line,
                                         escape(error.description())));
  }
  return out;
}

Result<Settings> read_settings() {
  const auto text = read_whole(settings_file, settings_max);
  if (text) return parse_settings(*text);
  if (text.error().kind == ReadFailure::Kind::missing) return Settings{};
  return fail(Exit::usage, fmt::format("{} {}", settings_file, text.error().what));
}

}  // namespace glacis::oci
