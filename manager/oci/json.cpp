// SPDX-License-Identifier: Apache-2.0
#include "manager/oci/json.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "manager/base/escape.h"

namespace glacis::oci {
namespace {

using Event = Json::parse_event_t;

// Watches the parser, which would take the last of two members of one name, and
// nest as deep as memory reaches.
class Watch {
 public:
  bool operator()(int depth, Event event, const Json& parsed) {
    if (depth > static_cast<int>(depth_max)) note("is nested too deeply");
    if (event == Event::object_start) names_.emplace_back();
    if (event == Event::object_end && !names_.empty()) names_.pop_back();
    if (event == Event::key && !names_.empty()) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names_.back().insert(name).second)
        note(fmt::format("has the member {} twice", escape(name.substr(0, 64))));
    }
    return wrong_.empty();
  }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  void note(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  std::vector<std::set<std::string>> names_;
  std::string wrong_;
};

std::unexpected<Error> refuse(std::string_view what, std::string_view why) {
  return fail(Exit::usage, fmt::format("{} {}", what, why));
}

}  // namespace

Result<Json> parse_object(std::string_view text, std::string_view what) {
  Watch watch;
  Json parsed = Json::parse(
      text, [&](int depth, Event event, Json& value) { return watch(depth, event, value); }, false);
  if (!watch.wrong().empty()) return refuse(what, watch.wrong());
  if (parsed.is_discarded()) return refuse(what, "is no JSON");
  if (!parsed.is_object()) return refuse(what, "is no object");
  return parsed;
}

Result<std::string> string_in(const Json& of, const char* key, std::string_view what) {
  const auto at = of.find(key);
  if (at == of.end()) return std::string();
  if (!at->is_string()) return refuse(what, fmt::format("has a `{}` that is no string", key));
  auto text = at->get<std::string>();
  if (text.find('\0') != std::string::npos)
    return refuse(what, fmt::format("has a zero byte in `{}`", key));
  return text;
}

Result<Annotations> annotations_in(const Json& of, std::string_view what) {
  const auto at = of.find("annotations");
  if (at == of.end() || at->is_null()) return Annotations{};
  if (!at->is_object()) return refuse(what, "has annotations that are no object");
  if (at->size() > annotations_max) return refuse(what, "has too many annotations");
  Annotations out;
  for (const auto& [key, value] : at->items()) {
    if (!value.is_string()) return refuse(what, "has an annotation that is no string");
    out.emplace(key, value.get<std::string>());
  }
  return out;
}

}  // namespace glacis::oci
