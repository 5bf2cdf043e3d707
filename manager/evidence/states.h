// SPDX-License-Identifier: Apache-2.0
// What the log says of the host besides refusals: that it started again, that
// its clock was set, and which images are in force.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manager/evidence/chain.h"
#include "manager/evidence/record.h"
#include "manager/evidence/store.h"

namespace glacis::evidence {

// What must be told before further events of this ring: a restart, a clock step.
[[nodiscard]] std::vector<std::string> changes(const Tail& tail, const Context& context);

// Due when what is in force changed, and a minute after the last one.
[[nodiscard]] bool heartbeat_due(const Tail& tail, const Context& context);
// `last`: the highest number that the log has, or has told as a gap.
[[nodiscard]] std::string heartbeat_line(const Context& context, std::uint64_t last);

// An image was put in force, set to another mode, or ended: "loaded", "mode",
// "confirmed", "rolled_back", "unloaded", "released". `by`: who asked for it, where it is known.
[[nodiscard]] std::string change_line(std::string_view what, const InForce& image,
                                      const Context& context, Canonical by = nullptr);

// What enforces was found "broken", was "restored", or is "well" again.
[[nodiscard]] std::string guard_line(std::string_view what, std::string_view text,
                                     const Context& context);

}  // namespace glacis::evidence
