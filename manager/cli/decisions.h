// SPDX-License-Identifier: Apache-2.0
// The decisions of a domain as they are made, for commands that follow them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "manager/cli/output.h"
#include "manager/evidence/decode.h"
#include "manager/kernel/watch.h"

namespace glacis::cli {

// "90s", "10m", "2h"; a number alone is seconds. Nothing: no end.
using Lasting = std::optional<std::chrono::seconds>;
[[nodiscard]] Result<Lasting> parse_lasting(const std::string& text);

// Starts to watch a domain. From before that on, a signal that is to end the command waits for
// follow(), so that it can't leave the watch behind.
[[nodiscard]] Result<kernel::Watch> watch_until_told(const std::string& domain,
                                                     const HookSet& also = {});

// `record` is as in the evidence log (schema glacis.event/1), whatever was decided.
using TakeDecision = std::function<void(const evidence::Event& event, const Json& record)>;

struct Followed {
  std::uint64_t decisions = 0;
  std::uint64_t lost = 0;     // found no room, or could not be understood
  std::uint64_t renewed = 0;  // times the profile was loaded again meanwhile
  bool interrupted = false;
};

// Until the time is over, or SIGINT or SIGTERM.
Result<Followed> follow(kernel::Watch& watch, Lasting lasting, const TakeDecision& take);

}  // namespace glacis::cli
