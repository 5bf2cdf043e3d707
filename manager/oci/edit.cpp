// SPDX-License-Identifier: Apache-2.0
#include "manager/oci/edit.h"

#include <algorithm>

namespace glacis::oci {
namespace {

// Options of runc and crun before the command whose value is a word of its own.
constexpr std::string_view valued[] = {"--log",  "--log-format", "--root",
                                       "--criu", "--rootless",   "--cgroup-manager"};

Result<Json*> object_in(Json& of, const char* key) {
  Json& at = of[key];
  if (at.is_null()) at = Json::object();
  if (!at.is_object())
    return fail(Exit::usage, std::string("config.json has a `") + key + "` that is no object");
  return &at;
}

Status add_hook(Json& hooks, const char* stage, const Json& own) {
  Json& list = hooks[stage];
  if (list.is_null()) list = Json::array();
  if (!list.is_array())
    return fail(Exit::usage, std::string("config.json has hooks `") + stage + "` that are no list");
  if (std::ranges::find(list, own) == list.end()) list.insert(list.begin(), own);
  return {};
}

}  // namespace

Call parse_call(std::span<const std::string> words) {
  Call out;
  std::size_t at = 0;
  for (; at < words.size() && words[at].starts_with('-'); ++at) {
    if (words[at].starts_with("--log=")) out.log = words[at].substr(6);
    if (std::ranges::find(valued, words[at]) == std::end(valued)) continue;
    if (words[at] == "--log" && at + 1 < words.size()) out.log = words[at + 1];
    ++at;
  }
  if (at >= words.size() || (words[at] != "create" && words[at] != "run")) return out;
  out.makes = true;
  for (++at; at < words.size(); ++at) {
    const std::string& word = words[at];
    if ((word == "--bundle" || word == "-b") && at + 1 < words.size()) out.bundle = words[++at];
    for (const std::string_view start : {"--bundle=", "-b="})
      if (word.starts_with(start)) out.bundle = word.substr(start.size());
  }
  return out;
}

Status add_hooks(Json& config, const std::string& path) {
  const auto hooks = object_in(config, "hooks");
  if (!hooks) return std::unexpected(hooks.error());
  for (const char* stage : {"createRuntime", "poststop"})
    if (auto done = add_hook(**hooks, stage, {{"path", path}}); !done) return done;
  return {};
}

Status add_refusal(Json& config, const std::string& path, const std::string& why) {
  const auto hooks = object_in(config, "hooks");
  if (!hooks) return std::unexpected(hooks.error());
  const Json words = Json::array({"glacis-oci-hook", "refuse", why});
  return add_hook(**hooks, "createRuntime", {{"path", path}, {"args", words}});
}

Status add_seccomp(Json& config, const Json& filter, Filter kind) {
  const auto machine = object_in(config, "linux");
  if (!machine) return std::unexpected(machine.error());
  Json& seccomp = (**machine)["seccomp"];
  if (seccomp.is_null() || kind == Filter::refuses_others) seccomp = filter;
  return {};
}

}  // namespace glacis::oci
