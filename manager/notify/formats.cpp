// SPDX-License-Identifier: Apache-2.0
#include "manager/notify/formats.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>
#include <vector>

namespace glacis::notify {

using evidence::member;
using evidence::number_of;
using evidence::text_of;

std::optional<std::int64_t> parse_time(const std::string& text) {
  std::tm parts{};
  unsigned micros = 0;
  int length = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%6uZ%n", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &micros,
                  &length) != 7 ||
      length != static_cast<int>(text.size()) || text.size() != 27)
    return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return std::int64_t{::timegm(&parts)} * 1'000'000'000 + std::int64_t{micros} * 1000;
}

int priority_of(const Json& record) {
  switch (grade_of(record)) {
    case evidence::Grade::compromise:
      return 2;
    case evidence::Grade::suspicious:
      return 4;
    case evidence::Grade::probe:
      return 5;
    case evidence::Grade::benign:
      return 6;
  }
  return 4;
}

Json glacis_json(const Notice& notice) {
  return {{"schema", "glacis.notice/1"},    {"title", title(notice)}, {"text", sentence(notice)},
          {"first", notice.first},          {"count", notice.count},  {"seconds", notice.since},
          {"suppressed", notice.count - 1}, {"record", notice.record}};
}

namespace {

const char* falco_priority(const Json& record) {
  switch (priority_of(record)) {
    case 2:
      return "Critical";
    case 4:
      return "Warning";
    case 5:
      return "Notice";
    default:
      return "Informational";
  }
}

std::vector<std::string> falco_tags(const Json& record) {
  std::vector<std::string> out = {"glacis"};
  if (const auto mode = text_of(record, "mode")) out.push_back(*mode);
  if (const auto grade = text_of(record, "grade")) out.push_back(*grade);
  const Json& attack = member(record, "attack");
  if (const auto version = text_of(attack, "version")) out.push_back("attack_" + *version);
  const Json& techniques = member(attack, "techniques");
  if (techniques.is_array())
    for (const Json& one : techniques)
      if (one.is_string()) out.push_back(one.get<std::string>());
  std::ranges::sort(out);
  return out;
}

void put(Json& out, const char* key, const Json& value) {
  if (!value.is_null()) out[key] = value;
}

Json falco_fields(const Notice& notice) {
  const Json& record = notice.record;
  const Json &subject = member(record, "subject"), &object = member(record, "object");
  Json out = Json::object();
  // Never empty, and a number: falcosidekick wants one field at least.
  out["evt.time"] = parse_time(text_of(record, "time").value_or("")).value_or(1);
  put(out, "proc.name", member(subject, "comm"));
  put(out, "proc.exepath", member(subject, "exe"));
  put(out, "proc.pid", member(subject, "tgid"));
  const Json& ancestry = member(subject, "ancestry");
  if (ancestry.is_array() && !ancestry.empty() && ancestry.front().is_array() &&
      ancestry.front().size() == 2)
    put(out, "proc.pname", ancestry.front().back());
  put(out, "user.uid", member(subject, "uid"));
  put(out, "fd.name", member(object, "path"));
  put(out, "fd.sip", member(object, "address"));
  put(out, "fd.sport", member(object, "port"));
  const Json& container = member(record, "container");
  for (const auto& [key, name] : {std::pair("k8s.ns.name", "namespace"), {"k8s.pod.name", "pod"}}) {
    out[key] = nullptr;  // a string or null, or falcosidekick stops
    if (const auto text = text_of(container, name)) out[key] = *text;
  }
  put(out, "container.id", member(container, "id"));
  put(out, "container.name", member(container, "name"));
  for (const char* key : {"seq", "domain", "image", "hook", "verdict", "errno", "mode", "grade",
                          "grade_reason", "owner", "severity", "runbook"})
    put(out, (std::string("glacis.") + key).c_str(), member(record, key));
  put(out, "glacis.chain_head", member(member(record, "chain"), "this"));
  out["glacis.suppressed"] = notice.count - 1;
  return out;
}

}  // namespace

Json falco_json(const Notice& notice) {
  const Json& record = notice.record;
  return {{"hostname", text_of(record, "host").value_or("")},
          {"output", sentence(notice)},
          {"output_fields", falco_fields(notice)},
          {"priority", falco_priority(record)},
          {"rule", title(notice)},
          {"source", "glacis"},
          {"tags", falco_tags(record)},
          {"time", text_of(record, "time").value_or("1970-01-01T00:00:01Z")}};
}

std::string encode(const Notice& notice, Format format) {
  const Json out = format == Format::falco  ? falco_json(notice)
                   : format == Format::ocsf ? ocsf_json(notice)
                                            : glacis_json(notice);
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace glacis::notify
