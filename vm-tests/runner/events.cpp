// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/runner/events.h"

namespace glacis::scenario {
namespace {

long number(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<long>() : 0;
}

long repeats(const Json& record) {
  const auto found = record.find("repeats");
  return found != record.end() && found->is_object() ? number(*found, "count") : 0;
}

}  // namespace

void Events::remember(const std::vector<Json>& records) {
  for (const Json& record : records) seen_[number(record, "seq")] = repeats(record);
}

std::vector<Json> Events::fresh(const std::vector<Json>& records) const {
  std::vector<Json> out;
  for (const Json& record : records) {
    const auto old = seen_.find(number(record, "seq"));
    if (old == seen_.end() || repeats(record) > old->second) out.push_back(record);
  }
  return out;
}

}  // namespace glacis::scenario
