// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/phrases.h"

#include <fmt/format.h>

namespace glacis::evidence {
namespace {

std::string file_phrase(const Json& object) {
  const std::string path = path_phrase(object, "path");
  const std::string ending = shown(object, "ending");
  if (ending == "-" || ending == "rooted") return path;
  return path == "-" ? fmt::format("({})", ending) : fmt::format("{} ({})", path, ending);
}

std::string socket_phrase(const Json& object) {
  std::string socket = shown(object, "socket");
  if (socket == "-")
    socket = fmt::format("{} {} {}", shown(object, "family"), shown(object, "type"),
                         shown(object, "protocol"));
  if (member(object, "address").is_null()) return socket;
  const std::string address = shown(object, "address");
  const bool v6 = address.find(':') != address.npos;
  return fmt::format("{} {}{}{}:{}", socket, v6 ? "[" : "", address, v6 ? "]" : "",
                     shown(object, "port"));
}

std::string task_phrase(const Json& object) {
  std::string profile;
  if (text_of(object, "profile"))
    profile = ", " + shown(object, "profile");
  else if (number_of(object, "domain_id"))
    profile = ", domain " + shown(object, "domain_id");
  const std::string signal = shown(object, "signal");
  return fmt::format("{}{} ({}{})", signal == "-" ? "" : signal + " to ", shown(object, "comm"),
                     shown(object, "pid"), profile);
}

// What AppArmor says, by what is in it.
std::string apparmor_phrase(const Json& object) {
  std::string out = shown(object, "operation");
  for (const char* key : {"name", "capability", "family", "peer"})
    if (text_of(object, key)) out += " " + shown(object, key);
  return text_of(object, "denied").value_or("").empty()
             ? out
             : fmt::format("{} ({})", out, shown(object, "denied"));
}

std::string call_phrase(const Json& object) {
  const std::string call = text_of(object, "call") ? shown(object, "call") : "unknown";
  return fmt::format("call {} ({} of {})", call, shown(object, "number"), shown(object, "abi"));
}

}  // namespace

std::string path_phrase(const Json& of, const char* key) {
  const bool cut = member(of, (std::string(key) + "_cut").c_str()) == true;
  return (cut ? "..." : "") + shown(of, key);
}

std::string object_phrase(const Json& object) {
  const std::string kind = shown(object, "kind");
  if (kind == "file") return file_phrase(object);
  if (kind == "socket") return socket_phrase(object);
  if (kind == "capability") return shown(object, "capability");
  if (kind == "memory" || kind == "kernel") return shown_list(object, "access", ",");
  if (kind == "task") return task_phrase(object);
  if (kind == "syscall") return call_phrase(object);
  if (kind == "apparmor") return apparmor_phrase(object);
  if (kind == "guard")
    return text_of(object, "path") ? path_phrase(object, "path")
                                   : shown_list(object, "access", ",");
  return kind;
}

std::string missed_phrase(const Json& record) {
  const auto count = number_of(record, "count");
  return fmt::format("{} refusals by seccomp or AppArmor: {}",
                     count ? shown(record, "count") : "nobody knows how many",
                     text_of(record, "reason") == "room" ? "more kinds than there is room for"
                                                         : "they came faster than they were read");
}

std::string number_phrase(const Json& record) {
  const Json& chain = member(record, "chain");
  return number_of(record, "seq") || !number_of(chain, "n") ? shown(record, "seq")
                                                            : "n" + shown(chain, "n");
}

std::string place_phrase(const Json& place) {
  if (!text_of(place, "file") || number_of(place, "line").value_or(0) == 0) return "";
  return fmt::format("{}:{}", shown(place, "file"), shown(place, "line"));
}

std::string rule_phrase(const Json& rule) {
  const std::string reason = shown(rule, "reason");
  const bool named = number_of(rule, "id").value_or(0) != 0;
  const std::string place = place_phrase(named ? rule : member(rule, "near"));
  if (!named) return place.empty() ? reason : fmt::format("{} (near {})", reason, place);
  const std::string where = place.empty() ? "rule " + shown(rule, "id") : place;
  return reason == "rule" ? where : fmt::format("{} ({})", where, reason);
}

}  // namespace glacis::evidence
