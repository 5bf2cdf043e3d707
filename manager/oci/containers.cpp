// SPDX-License-Identifier: Apache-2.0
#include "manager/oci/containers.h"

#include <fmt/format.h>

#include <charconv>

#include "manager/base/file.h"

namespace glacis::oci {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t file_max = std::size_t{64} << 10;
constexpr std::string_view what = "the file of a container";

struct Member {
  const char* key;
  std::string Container::* field;
};
constexpr Member members[] = {{"id", &Container::id},
                              {"bundle", &Container::bundle},
                              {"profile", &Container::profile},
                              {"cgroup_path", &Container::cgroup_path}};

struct NameMember {
  const char* key;
  std::string Names::* field;
};
constexpr NameMember name_members[] = {{"name", &Names::name},
                                       {"image", &Names::image},
                                       {"pod", &Names::pod},
                                       {"namespace", &Names::space}};

std::optional<Container> parse(std::string_view text, std::uint64_t cgroup) {
  const auto json = parse_object(text, what);
  if (!json) return {};
  Container out;
  out.cgroup = cgroup;
  for (const Member& one : members) {
    auto value = string_in(*json, one.key, what);
    if (!value) return {};
    out.*one.field = std::move(*value);
  }
  for (const NameMember& one : name_members) {
    auto value = string_in(*json, one.key, what);
    if (!value) return {};
    out.names.*one.field = std::move(*value);
  }
  return out;
}

}  // namespace

fs::path Containers::file(std::uint64_t cgroup) const {
  return folder_ / (std::to_string(cgroup) + ".json");
}

std::optional<Container> Containers::find(std::uint64_t cgroup) const {
  const auto text = read_whole(file(cgroup), file_max);
  return text ? parse(*text, cgroup) : std::nullopt;
}

std::vector<Container> Containers::all() const {
  std::vector<Container> out;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    const std::string stem = entry.path().stem().native();
    std::uint64_t cgroup = 0;
    const auto [end, bad] = std::from_chars(stem.data(), stem.data() + stem.size(), cgroup);
    if (bad != std::errc() || end != stem.data() + stem.size()) continue;
    if (auto one = find(cgroup)) out.push_back(std::move(*one));
  }
  return out;
}

Status Containers::put(const Container& container) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error)
    return fail(Exit::usage,
                fmt::format("cannot create {}: {}", folder_.native(), error.message()));
  Json json = Json::object();
  for (const Member& one : members) json[one.key] = container.*one.field;
  for (const NameMember& one : name_members) json[one.key] = container.names.*one.field;
  return write_file(file(container.cgroup),
                    json.dump(-1, ' ', false, Json::error_handler_t::replace), 0600);
}

void Containers::remove(std::uint64_t cgroup) const {
  std::error_code ignored;
  fs::remove(file(cgroup), ignored);
}

}  // namespace glacis::oci
