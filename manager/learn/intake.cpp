// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/intake.h"

#include <algorithm>
#include <vector>

#include "manager/evidence/fields.h"
#include "manager/learn/observe.h"

namespace glacis::learn {
namespace {

// Records of several processors may reach the log a little out of their order.
constexpr std::uint64_t kLate = 1024;

struct Taken {
  std::vector<Observation> observations;
  std::uint64_t lost = 0;
};

void take(const nlohmann::ordered_json& record, const Watch& watch, const std::string& profile,
          Taken& into) {
  using evidence::number_of;
  using evidence::text_of;
  const std::string schema = text_of(record, "schema").value_or("");
  if (schema == evidence::gap_schema) {
    const std::uint64_t to = number_of(record, "to").value_or(0);
    const std::uint64_t from = std::max(number_of(record, "from").value_or(0), watch.from + 1);
    if (number_of(record, "lost").value_or(0) != 0 && to >= from) into.lost += to - from + 1;
    return;
  }
  if (number_of(record, "seq").value_or(0) <= watch.from) return;
  // What somebody enforced meanwhile was refused, and so was not done.
  if (text_of(record, "verdict") == "denied") return;
  if (schema == evidence::event_schema)
    into.observations.push_back(observe(record, profile));
  else
    into.lost += 1;
}

}  // namespace

Status take_in(Database& database, const Watch& watch, const std::string& profile,
               const std::filesystem::path& log, const evidence::Live* counts) {
  const auto last = database.last_record(watch);
  if (!last) return std::unexpected(last.error());
  Taken seen;
  const evidence::OfRing wanted{{watch.boot, static_cast<std::uint32_t>(watch.ring)},
                                profile,
                                *last - std::min(*last, kLate)};
  const auto read = evidence::each_record(
      log, wanted, counts,
      [&](const nlohmann::ordered_json& record) { take(record, watch, profile, seen); });
  if (!read) return read;
  return database.record(watch, seen.observations, seen.lost);
}

}  // namespace glacis::learn
