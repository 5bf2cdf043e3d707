// SPDX-License-Identifier: Apache-2.0
#include "manager/notify/groups.h"

#include <algorithm>
#include <array>

#include "manager/evidence/record.h"

namespace glacis::notify {
namespace {

using evidence::member;
using evidence::shown;

constexpr std::array<std::chrono::seconds, 3> kStages = {
    std::chrono::minutes(1), std::chrono::minutes(10), std::chrono::hours(1)};

// /proc/4711/stat and /proc/4712/stat are one object.
std::string without_numbers(const std::string& text) {
  std::string out;
  bool digits = false;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) out += c;
    if (digit && !digits) out += '#';
    digits = digit;
  }
  return out;
}

std::string object_of(const Json& object) {
  std::string out = without_numbers(shown(object, "path"));
  for (const char* key :
       {"kind", "capability", "socket", "address", "port", "comm", "profile", "call", "operation"})
    out += '\n' + shown(object, key);
  return out;
}

}  // namespace

std::string group_of(const Json& record) {
  std::string out;
  for (const char* key : {"schema", "domain", "image", "verdict"}) out += shown(record, key) + '\n';
  // What the guard found: another thing that is wrong is no repeat, nor is that all is well.
  if (shown(record, "schema") == evidence::guard_schema)
    out += shown(record, "what") + '\n' + without_numbers(shown(record, "text")) + '\n';
  out += evidence::shown_list(record, "blockers", ",") + '\n';
  out += shown(member(record, "subject"), "exe") + '\n';
  return out + object_of(member(record, "object"));
}

Notice Groups::summary(Group& group, Time now) {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(now - group.told);
  Notice out{group.newest, false, group.waiting, static_cast<std::uint64_t>(since.count())};
  group.waiting = 0;
  group.told = now;
  group.stage = std::min(group.stage + 1, kStages.size() - 1);
  return out;
}

std::vector<Notice> Groups::add(Json record, Time now) {
  // Arguments hold passwords now and then: they stay in this host's log.
  if (const auto at = record.find("process"); at != record.end() && at->is_object())
    at->erase("argv");
  std::string key = group_of(record);
  const auto at = groups_.find(key);
  if (at != groups_.end()) {
    // What others refuse comes as a number already.
    at->second.waiting += 1 + evidence::number_of(member(record, "repeats"), "count").value_or(0);
    at->second.newest = std::move(record);
    at->second.seen = now;
    return {};
  }
  std::vector<Notice> out;
  out.push_back(Notice{record});
  if (groups_.size() >= most_) {
    const auto quiet =
        std::ranges::min_element(groups_, {}, [](const auto& entry) { return entry.second.seen; });
    if (quiet->second.waiting != 0) out.push_back(summary(quiet->second, now));
    groups_.erase(quiet);
  }
  groups_.emplace(std::move(key), Group{std::move(record), 0, 0, now, now});
  return out;
}

std::vector<Notice> Groups::due(Time now) {
  std::vector<Notice> out;
  for (auto& [key, group] : groups_)
    if (group.waiting != 0 && now - group.told >= kStages[group.stage])
      out.push_back(summary(group, now));
  // What was quiet for the longest stage is new when it comes again.
  std::erase_if(groups_, [&](const auto& entry) {
    return entry.second.waiting == 0 && now - entry.second.seen >= kStages.back();
  });
  return out;
}

std::vector<Notice> Groups::rest(Time now) {
  std::vector<Notice> out;
  for (auto& [key, group] : groups_)
    if (group.waiting != 0) out.push_back(summary(group, now));
  return out;
}

}  // namespace glacis::notify
