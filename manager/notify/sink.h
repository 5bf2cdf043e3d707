// SPDX-License-Identifier: Apache-2.0
// Where messages go. A sink encodes a notice when it is told, and sends the text
// when its turn comes, perhaps in another run of the program.
#pragma once

#include <atomic>
#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include "manager/notify/config.h"
#include "manager/notify/notice.h"

namespace glacis::notify {

struct SendFailure {
  std::string what;
  // The receiver will never take this message: it is not sent again.
  bool refused = false;
};
using Sent = std::expected<void, SendFailure>;

class Sink {
 public:
  virtual ~Sink() = default;
  [[nodiscard]] virtual std::string encode(const Notice& notice) const = 0;
  // `stop` ends a sending that takes its time.
  virtual Sent send(const std::string& message, const std::atomic<bool>& stop) = 0;
};

struct Patience {
  std::chrono::milliseconds connect{3000}, whole{10000};
  std::chrono::milliseconds first_retry{1000}, longest_retry{60000};
};

[[nodiscard]] std::unique_ptr<Sink> make_sink(const SinkConfig& config, const Patience& patience);

[[nodiscard]] std::unique_ptr<Sink> make_journald();
[[nodiscard]] std::unique_ptr<Sink> make_audit();
[[nodiscard]] std::unique_ptr<Sink> make_syslog(const SinkConfig& config, const Patience& patience);
[[nodiscard]] std::unique_ptr<Sink> make_webhook(const SinkConfig& config,
                                                 const Patience& patience);

}  // namespace glacis::notify
