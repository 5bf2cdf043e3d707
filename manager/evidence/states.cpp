// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/states.h"

#include <algorithm>
#include <cstdlib>

#include "manager/evidence/chain.h"
#include "manager/evidence/names.h"

namespace glacis::evidence {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kBeat = 60 * kSecond;
// CLOCK_BOOTTIME is slewed as the wall clock is, so that only a step tells them
// apart; what is smaller is the time between reading the two.
constexpr std::int64_t kStep = kSecond;
constexpr std::size_t kMostImages = 256;  // named one by one; "state" covers all

Canonical head(std::string_view schema, const Context& context) {
  return {{"schema", schema},
          {"time", time_text(context.now)},
          {"boot", context.origin.boot},
          {"ring", context.origin.ring},
          {"host", context.host}};
}

Canonical image_json(const InForce& one) {
  return {{"domain", escape(one.domain)},
          {"domain_id", one.id},
          {"image", "blake2b:" + image::hex(one.digest)},
          {"mode", mode_name(one.mode)},
          {"generation", one.generation}};
}

Canonical images(const Context& context) {
  Canonical out = Canonical::array();
  for (const InForce& one : context.in_force) out.push_back(image_json(one));
  return out;
}

std::string state_of(const Canonical& images) { return image::hex(hash_bytes(canonical(images))); }

std::int64_t uptime(const Context& context) { return context.now - context.clock_offset; }

}  // namespace

std::vector<std::string> changes(const Tail& tail, const Context& context) {
  std::vector<std::string> out;
  if (tail.newest && *tail.newest != context.origin) {
    Canonical record = head(restart_schema, context);
    const bool boot = tail.newest->boot != context.origin.boot;
    record["reason"] = boot ? "boot" : "ring";
    record["previous"] = {{"boot", tail.newest->boot}, {"ring", tail.newest->ring}};
    out.push_back(canonical(record));
  }
  const std::int64_t step = tail.beat ? context.clock_offset - tail.beat->clock_offset : 0;
  if (std::abs(step) >= kStep) {
    Canonical record = head(clock_schema, context);
    record["step"] = step / 1000;  // microseconds
    out.push_back(canonical(record));
  }
  return out;
}

bool heartbeat_due(const Tail& tail, const Context& context) {
  if (!tail.beat) return true;
  return uptime(context) - tail.beat->uptime >= kBeat ||
         std::abs(context.clock_offset - tail.beat->clock_offset) >= kStep ||
         tail.beat->state != state_of(images(context));
}

std::string heartbeat_line(const Context& context, std::uint64_t last) {
  Canonical record = head(heartbeat_schema, context);
  Canonical all = images(context);
  record["state"] = state_of(all);
  record["count"] = all.size();
  if (all.size() > kMostImages) all.erase(all.begin() + kMostImages, all.end());
  record["images"] = std::move(all);
  record["clock_offset"] = context.clock_offset;
  record["uptime"] = uptime(context);
  record["last"] = last;
  return canonical(record);
}

std::string change_line(std::string_view what, const InForce& image, const Context& context,
                        Canonical by) {
  Canonical record = image_json(image);
  record["schema"] = change_schema;
  record["time"] = time_text(context.now);
  record["boot"] = context.origin.boot;
  record["host"] = context.host;
  record["what"] = what;
  if (!by.is_null()) record["by"] = std::move(by);
  return canonical(record);
}

std::string guard_line(std::string_view what, std::string_view text, const Context& context) {
  return canonical({{"schema", guard_schema},
                    {"time", time_text(context.now)},
                    {"boot", context.origin.boot},
                    {"host", context.host},
                    {"what", what},
                    {"text", escape(text)}});
}

}  // namespace glacis::evidence
