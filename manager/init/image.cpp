// SPDX-License-Identifier: Apache-2.0
#include "manager/init/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "manager/base/escape.h"
#include "manager/import/draft.h"
#include "manager/oci/json.h"

namespace glacis::init {
namespace {

using oci::Json;

constexpr std::string_view what = "the image's configuration";
constexpr std::size_t list_max = 1024;

std::unexpected<Error> refuse(std::string_view why) {
  return fail(Exit::usage, fmt::format("{} {}", what, why));
}

// A member that is missing or null is empty: Go writes both.
const Json* member(const Json& of, const char* key) {
  const auto at = of.find(key);
  return at == of.end() || at->is_null() ? nullptr : &*at;
}

Result<std::vector<std::string>> strings_in(const Json& of, const char* key) {
  std::vector<std::string> out;
  const Json* list = member(of, key);
  if (list == nullptr) return out;
  if (!list->is_array() || list->size() > list_max)
    return refuse(fmt::format("has a `{}` that is no list, or too long a one", key));
  for (const Json& one : *list) {
    if (!one.is_string() || one.get_ref<const std::string&>().find('\0') != std::string::npos)
      return refuse(fmt::format("has something in `{}` that is no string", key));
    out.push_back(one.get<std::string>());
  }
  return out;
}

// Go's way to write a set: an object whose values are empty.
Result<std::vector<std::string>> names_in(const Json& of, const char* key) {
  std::vector<std::string> out;
  const Json* set = member(of, key);
  if (set == nullptr) return out;
  if (!set->is_object() || set->size() > list_max)
    return refuse(fmt::format("has `{}` that are no object, or too many", key));
  for (const auto& [name, ignored] : set->items()) out.push_back(name);
  return out;
}

// "80", "80/tcp", "53/udp". Any other protocol is left to learning.
Result<std::vector<Port>> ports_in(const Json& of) {
  const auto names = names_in(of, "ExposedPorts");
  if (!names) return std::unexpected(names.error());
  std::vector<Port> out;
  for (const std::string& name : *names) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    const std::string_view protocol =
        slash == name.size() ? "tcp" : std::string_view(name).substr(slash + 1);
    Port port;
    const auto [end, error] = std::from_chars(name.data(), name.data() + slash, port.number);
    if (error != std::errc() || end != name.data() + slash || port.number == 0)
      return refuse(fmt::format("has a port that is none: {}", escape(name.substr(0, 64))));
    port.udp = protocol == "udp";
    if (port.udp || protocol == "tcp") out.push_back(port);
  }
  return out;
}

std::vector<std::string> path_of(const std::vector<std::string>& environment) {
  std::string value = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (const std::string& one : environment)
    if (one.starts_with("PATH=")) value = one.substr(5);
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find(':', at), value.size());
    std::string folder = value.substr(at, end - at);
    if (plain_path(folder) && std::ranges::find(out, folder) == out.end())
      out.push_back(std::move(folder));
    at = end + 1;
  }
  return out;
}

Result<Json> config_in(std::string_view text) {
  if (text.size() > image_config_max) return refuse("is too long");
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  // `inspect` prints a list.
  const bool list = first != std::string_view::npos && text[first] == '[';
  auto parsed =
      oci::parse_object(list ? fmt::format("{{\"inspect\":{}}}", text) : std::string(text), what);
  if (!parsed) return std::unexpected(parsed.error());
  Json* top = &*parsed;
  if (list) {
    top = &(*top)["inspect"];
    if (!top->is_array() || top->size() != 1 || !top->front().is_object())
      return refuse("is no list of one image");
    top = &top->front();
  }
  const Json* config = member(*top, list ? "Config" : "config");
  if (config == nullptr || !config->is_object())
    return fail(Exit::usage, fmt::format("{} has no `config`", what),
                "give an image's configuration, a layout, or what `podman image inspect` prints");
  return *config;
}

// A name without a slash is looked for in every folder of PATH.
Result<std::vector<std::string>> programs_of(const ImageConfig& image) {
  const std::string& word = image.words.front();
  std::vector<std::string> out;
  if (word.find('/') == std::string::npos && !word.empty()) {
    for (const std::string& folder : image.path)
      out.push_back(literal(folder == "/" ? "/" + word : folder + "/" + word));
  } else if (plain_path(word) && word != "/") {
    out.push_back(literal(word));
  }
  if (out.empty() || word == "." || word == "..")
    return refuse(fmt::format("starts {}, which can't be looked for", escape(word.substr(0, 128))));
  return out;
}

}  // namespace

Result<ImageConfig> read_image_config(std::string_view text) {
  const auto config = config_in(text);
  if (!config) return std::unexpected(config.error());
  auto entrypoint = strings_in(*config, "Entrypoint");
  if (!entrypoint) return std::unexpected(entrypoint.error());
  auto command = strings_in(*config, "Cmd");
  if (!command) return std::unexpected(command.error());
  const auto environment = strings_in(*config, "Env");
  if (!environment) return std::unexpected(environment.error());
  auto user = oci::string_in(*config, "User", what);
  if (!user) return std::unexpected(user.error());
  auto ports = ports_in(*config);
  if (!ports) return std::unexpected(ports.error());
  auto volumes = names_in(*config, "Volumes");
  if (!volumes) return std::unexpected(volumes.error());

  ImageConfig out{
      std::move(*entrypoint), std::move(*user), path_of(*environment), std::move(*ports), {}};
  out.words.insert(out.words.end(), command->begin(), command->end());
  for (std::string& volume : *volumes) {
    while (volume.size() > 1 && volume.ends_with('/')) volume.pop_back();
    if (!plain_path(volume) || volume == "/")
      return refuse(fmt::format("has a volume at no path: {}", escape(volume.substr(0, 128))));
    out.volumes.push_back(std::move(volume));
  }
  return out;
}

Result<Workload> workload_of(const ImageConfig& image, std::string_view from) {
  if (image.words.empty()) return refuse("names no program: neither Entrypoint nor Cmd");
  auto programs = programs_of(image);
  if (!programs) return std::unexpected(programs.error());
  std::string line;
  for (const std::string& word : image.words) line += (line.empty() ? "" : " ") + word;
  if (line.size() > 500) line = line.substr(0, 500) + "...";
  Workload out;
  const std::string& word = image.words.front();
  out.name = import::profile_name(word.substr(word.rfind('/') + 1));
  out.head = fmt::format(
      "Of the image {}, before it ever ran. It starts: {}\nas {}. Paths are as a "
      "container sees them.",
      from, escape(line, Backslash::keep),
      image.user.empty() ? "root" : escape(image.user, Backslash::keep));
  out.programs = std::move(*programs);
  out.data = image.volumes;
  out.ports = image.ports;
  return out;
}

}  // namespace glacis::init
