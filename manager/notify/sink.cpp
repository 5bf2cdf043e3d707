// SPDX-License-Identifier: Apache-2.0
#include "manager/notify/sink.h"

namespace glacis::notify {

std::unique_ptr<Sink> make_sink(const SinkConfig& config, const Patience& patience) {
  switch (config.kind) {
    case SinkKind::journald:
      return make_journald();
    case SinkKind::syslog:
      return make_syslog(config, patience);
    case SinkKind::webhook:
      return make_webhook(config, patience);
    case SinkKind::audit:
      return make_audit();
  }
  return nullptr;
}

}  // namespace glacis::notify
