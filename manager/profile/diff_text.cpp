// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "manager/profile/diff.h"

namespace glacis::profile {
namespace {

std::string_view word(Change change) {
  switch (change) {
    case Change::added:
      return "added";
    case Change::removed:
      return "removed";
    case Change::changed:
      break;
  }
  return "changed";
}

std::string_view word(Effect effect) {
  switch (effect) {
    case Effect::wider:
      return "wider";
    case Effect::narrower:
      return "narrower";
    case Effect::other:
      break;
  }
  return "other";
}

char sign(Change change) {
  return change == Change::added ? '+' : change == Change::removed ? '-' : '~';
}

std::string values(const Difference& d) {
  if (d.change == Change::changed) return fmt::format(": {} -> {}", d.before, d.after);
  const std::string& value = d.change == Change::added ? d.after : d.before;
  return value.empty() ? "" : ": " + value;
}

}  // namespace

std::string diff_text(const std::vector<Difference>& differences) {
  std::string out;
  for (const Difference& d : differences) {
    out += fmt::format("{} {}{}", sign(d.change), d.subject, values(d));
    if (d.effect != Effect::other) out += fmt::format("  [{}]", word(d.effect));
    if (!d.place.empty()) out += fmt::format("  ({})", d.place);
    out += '\n';
  }
  return out;
}

std::string diff_json(const std::vector<Difference>& differences) {
  nlohmann::ordered_json json;
  json["schema"] = "glacis.diff/1";
  json["differences"] = nlohmann::ordered_json::array();
  for (const Difference& d : differences) {
    nlohmann::ordered_json entry;
    entry["change"] = word(d.change);
    entry["effect"] = word(d.effect);
    entry["subject"] = d.subject;
    entry["before"] = d.before;
    entry["after"] = d.after;
    entry["place"] = d.place;
    json["differences"].push_back(std::move(entry));
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace glacis::profile
