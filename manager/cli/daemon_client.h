// SPDX-License-Identifier: Apache-2.0
// A caller of glacisd.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "manager/base/fd.h"
#include "manager/base/result.h"
#include "manager/cli/output.h"
#include "manager/daemon/message.h"

namespace glacis::cli {

class DaemonClient {
 public:
  // None: no daemon listens here.
  static std::optional<DaemonClient> find();
  // Exit::unreachable where there is none.
  static Result<DaemonClient> need(std::string_view command);

  Result<Json> call(const std::string& method, const Json& parameters = Json::object());
  // Calls `each` with every reply until it answers false.
  Status stream(const std::string& method, const Json& parameters,
                const std::function<bool(const Json&)>& each);

 private:
  explicit DaemonClient(Fd fd) : fd_(std::move(fd)) {}
  Status send(const std::string& method, const Json& parameters, bool more);
  Result<Json> receive(bool wait_long);

  Fd fd_;
  daemon::Frames in_;
};

// Members of what a daemon says: "" or 0 where there is none or it is of another type. Shown, it
// is safe for a terminal.
[[nodiscard]] std::string member_text(const Json& of, const char* key);
[[nodiscard]] std::string shown_text(const Json& of, const char* key);
[[nodiscard]] std::uint64_t member_number(const Json& of, const char* key);

}  // namespace glacis::cli
