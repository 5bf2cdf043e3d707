// SPDX-License-Identifier: Apache-2.0
// Notices in the forms of other programs. Each is one JSON object.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "manager/notify/config.h"
#include "manager/notify/notice.h"

namespace glacis::notify {

[[nodiscard]] std::string encode(const Notice& notice, Format format);

// The whole record, and what a notice adds: glacis.notice/1.
[[nodiscard]] Json glacis_json(const Notice& notice);
// As Falco writes alerts and falcosidekick takes them.
[[nodiscard]] Json falco_json(const Notice& notice);
// OCSF 1.4, the activity classes with the security_control profile.
[[nodiscard]] Json ocsf_json(const Notice& notice);

// Nanoseconds since 1970 of "2026-11-23T16:06:45.088121Z".
[[nodiscard]] std::optional<std::int64_t> parse_time(const std::string& text);
// syslog's and journald's: 2 critical, 4 warning, 5 notice, 6 informational.
[[nodiscard]] int priority_of(const Json& record);

}  // namespace glacis::notify
