// SPDX-License-Identifier: Apache-2.0
// Varlink: one JSON object a message, ended by a byte that is 0. What a client
// sends is hostile: it is bounded before it is kept, and checked before it is
// used.
#pragma once

#include <cstddef>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace glacis::daemon {

using Json = nlohmann::ordered_json;

inline constexpr const char* control_socket = "/run/glacis/control.sock";
inline constexpr const char* control_interface = "org.glacis.control";
inline constexpr std::size_t longest_call = std::size_t{16} << 10;
inline constexpr unsigned deepest_call = 8;

struct Call {
  std::string interface;  // "org.glacis.control"
  std::string method;     // "Status"
  Json parameters = Json::object();
  bool oneway = false;
  bool more = false;
};

// Why not, in words for the caller.
[[nodiscard]] std::expected<Call, std::string> parse_call(std::string_view message);

// With the 0 at its end.
[[nodiscard]] std::string reply(const Json& parameters, bool continues = false);
[[nodiscard]] std::string error_reply(std::string_view error, const Json& parameters);

// Bytes as they arrive, until they are messages.
class Frames {
 public:
  // False: one message is longer than it may be, and nothing more is taken.
  [[nodiscard]] bool add(std::string_view bytes, std::size_t limit = longest_call);
  [[nodiscard]] std::optional<std::string> next();
  // Bytes of a message that has not ended, or of messages not taken yet.
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] bool has_message() const { return bytes_.find('\0') != std::string::npos; }

 private:
  std::string bytes_;
};

}  // namespace glacis::daemon
