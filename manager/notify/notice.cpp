// SPDX-License-Identifier: Apache-2.0
#include "manager/notify/notice.h"

#include <fmt/format.h>

#include "manager/base/drill.h"
#include "manager/base/escape.h"
#include "manager/evidence/phrases.h"
#include "manager/evidence/record.h"

namespace glacis::notify {
namespace {

using evidence::member;
using evidence::number_of;
using evidence::shown;
using evidence::text_of;

std::string first_blocker(const Json& record) {
  const Json& list = member(record, "blockers");
  return list.is_array() && !list.empty() ? shown(list.front()) : "something";
}

std::string_view verdict_phrase(const Json& record) {
  const auto verdict = text_of(record, "verdict");
  if (verdict == "denied_by_other") return "saw another deny";
  return verdict == "denied" ? "denied" : "would deny";
}

std::string what_of_log(const Json& record) {
  const std::string schema = text_of(record, "schema").value_or("");
  if (schema == evidence::gap_schema)
    return fmt::format("{} events were lost: the ring was full", shown(record, "lost"));
  if (schema == evidence::guard_schema)
    return fmt::format("the guard: {}: {}", shown(record, "what"), shown(record, "text"));
  if (schema == evidence::missed_schema) return evidence::missed_phrase(record);
  if (schema == evidence::undecoded_schema) return "a record of the kernel was not understood";
  return fmt::format("the evidence log lost records: it had {} and has {}", shown(record, "count"),
                     shown(record, "found"));
}

}  // namespace

bool is_refusal(const Json& record) {
  const auto verdict = text_of(record, "verdict");
  return text_of(record, "schema") == evidence::event_schema && verdict && verdict != "observed";
}

bool is_denied(const Json& record) {
  const auto verdict = text_of(record, "verdict");
  return verdict == "denied" || verdict == "denied_by_other";
}

bool is_quiet_drill(const Json& record) {
  const auto drill = drill_of(text_of(record, "domain").value_or(""));
  const Json& notify = member(member(record, "drill"), "notify");
  return drill && !drill->notify && notify.is_boolean() && !notify.get<bool>();
}

bool worth_telling(const Json& record) {
  if (is_quiet_drill(record)) return false;
  const auto schema = text_of(record, "schema");
  if (schema == evidence::gap_schema) return number_of(record, "lost").value_or(0) != 0;
  return is_refusal(record) || schema == evidence::undecoded_schema ||
         schema == evidence::missed_schema || schema == evidence::guard_schema ||
         schema == evidence::shortened_schema;
}

evidence::Grade grade_of(const Json& record) {
  return evidence::grade_of(text_of(record, "grade").value_or(""))
      .value_or(evidence::Grade::suspicious);
}

std::string title(const Notice& notice) {
  const Json& record = notice.record;
  if (text_of(record, "schema") == evidence::guard_schema)
    return "Glacis guard: " + shown(record, "what");
  if (!is_refusal(record)) return "Glacis lost evidence";
  return fmt::format("{}Glacis {} {}", member(record, "drill").is_object() ? "DRILL: " : "",
                     verdict_phrase(record), first_blocker(record));
}

std::string sentence(const Notice& notice) {
  const Json& record = notice.record;
  const std::string host = shown(record, "host");
  if (!is_refusal(record)) return fmt::format("{}: {}", host, what_of_log(record));
  const Json& subject = member(record, "subject");
  std::string out = fmt::format(
      "{}{}: {}: {} {} on {} by {} (pid {})", member(record, "drill").is_object() ? "DRILL: " : "",
      host, shown(record, "domain"), verdict_phrase(record), first_blocker(record),
      evidence::object_phrase(member(record, "object")), shown(subject, "comm"),
      shown(subject, "tgid"));
  if (text_of(record, "grade"))
    out += fmt::format("; {}: {}", shown(record, "grade"), shown(record, "grade_reason"));
  out += fmt::format("; record {}", evidence::number_phrase(record));
  if (!notice.first) out += fmt::format("; {} more like it in {} s", notice.count, notice.since);
  if (text_of(record, "runbook")) out += "; " + shown(record, "runbook");
  return out;
}

}  // namespace glacis::notify
