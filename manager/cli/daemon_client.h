// SPDX-License-Identifier: Apache-2.0
// A caller of glacisd.
#pragma once

#include <chrono>
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

}  // namespace glacis::cli
