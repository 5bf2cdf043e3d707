// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/message.h"

#include <algorithm>

namespace glacis::daemon {
namespace {

// Discards whatever lies deeper than a call may be, and remembers that it did.
std::optional<Json> parse_bounded(std::string_view text) {
  bool deep = false;
  const auto bound = [&](int depth, Json::parse_event_t event, Json&) {
    const bool opens =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= static_cast<int>(deepest_call)) deep = true;
    return !deep;
  };
  Json json = Json::parse(text, bound, false);
  if (deep || !json.is_object()) return std::nullopt;
  return json;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\0';
}

}  // namespace

std::expected<Call, std::string> parse_call(std::string_view message) {
  const auto json = parse_bounded(message);
  if (!json) return std::unexpected("a message is one JSON object, not deep");
  Call out;
  std::string method;
  for (const auto& [key, value] : json->items()) {
    if (key == "method" && value.is_string()) {
      method = value.get<std::string>();
    } else if (key == "parameters" && (value.is_object() || value.is_null())) {
      if (value.is_object()) out.parameters = value;
    } else if (key == "oneway" && value.is_boolean()) {
      out.oneway = value.get<bool>();
    } else if (key == "more" && value.is_boolean()) {
      out.more = value.get<bool>();
    } else {
      return std::unexpected("a call has `method`, `parameters`, `oneway` and `more`");
    }
  }
  const std::size_t dot = method.rfind('.');
  if (!is_name(method) || dot == std::string::npos || dot == 0 || dot + 1 == method.size())
    return std::unexpected("`method` is an interface, a dot and a method");
  out.interface = method.substr(0, dot);
  out.method = method.substr(dot + 1);
  if (out.oneway && out.more) return std::unexpected("`oneway` and `more` exclude each other");
  return out;
}

std::string reply(const Json& parameters, bool continues) {
  Json out = {{"parameters", parameters}};
  if (continues) out["continues"] = true;
  return dump(out);
}

std::string error_reply(std::string_view error, const Json& parameters) {
  return dump({{"error", error}, {"parameters", parameters}});
}

bool Frames::add(std::string_view bytes, std::size_t limit) {
  // The messages that end here, and the one that is open behind them.
  std::size_t open = bytes_.size() - (bytes_.rfind('\0') + 1);  // npos + 1 is 0
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\0', at), bytes.size());
    if (open + (end - at) > limit) return false;
    open = 0;
    at = end + 1;
  }
  bytes_ += bytes;
  return true;
}

std::optional<std::string> Frames::next() {
  const std::size_t end = bytes_.find('\0');
  if (end == std::string::npos) return std::nullopt;
  std::string out = bytes_.substr(0, end);
  bytes_.erase(0, end + 1);
  return out;
}

}  // namespace glacis::daemon
