// SPDX-License-Identifier: Apache-2.0
// One record in full.
#include <fmt/format.h>

#include "manager/evidence/phrases.h"
#include "manager/evidence/render.h"

namespace glacis::evidence {
namespace {

std::string row(const char* name, const std::string& text) {
  return fmt::format("  {:<11} {}\n", name, text);
}

std::string verdict(const Json& record) {
  const std::string answer = shown(record, "errno");
  const Json& killed = member(record, "killed");
  return fmt::format("{} (mode {}), hook {}{}{}", shown(record, "verdict"), shown(record, "mode"),
                     shown(record, "hook"), answer == "-" ? "" : ", answered " + answer,
                     killed.is_boolean() && killed.get<bool>() ? ", task killed" : "");
}

std::string place_rows(const char* name, const Json& place) {
  if (place_phrase(place).empty()) return "";
  return row(name, fmt::format("{}:{}  {}", place_phrase(place), shown(place, "column"),
                               shown(place, "text")));
}

std::string rule(const Json& rule) {
  if (number_of(rule, "id").value_or(0) == 0)
    return row("rule", "none (" + shown(rule, "reason") + ")") +
           place_rows("near", member(rule, "near"));
  return row("rule", fmt::format("{} ({})", shown(rule, "id"), shown(rule, "reason"))) +
         place_rows("at", rule);
}

std::string subject(const Json& subject) {
  std::string out = row("subject", fmt::format("{} (pid {}, thread {}, started at tick {})",
                                               shown(subject, "comm"), shown(subject, "tgid"),
                                               shown(subject, "pid"), shown(subject, "start")));
  out += row("executable", path_phrase(subject, "exe"));
  out += row("identity",
             fmt::format("uid {}, fsuid {}, gid {}, cgroup {}", shown(subject, "uid"),
                         shown(subject, "fsuid"), shown(subject, "gid"), shown(subject, "cgroup")));
  out += row("caps", shown_list(subject, "caps", " "));
  const Json& ancestry = member(subject, "ancestry");
  std::string chain;
  if (ancestry.is_array())
    for (const Json& entry : ancestry)
      if (entry.is_array() && entry.size() == 2)
        chain +=
            fmt::format("{}{} ({})", chain.empty() ? "" : " < ", shown(entry[1]), shown(entry[0]));
  return out + row("ancestry", chain.empty() ? "-" : chain);
}

std::string object(const Json& object) {
  std::string out =
      row("object", fmt::format("{} {}", shown(object, "kind"), object_phrase(object)));
  if (text_of(object, "dev"))
    out +=
        row("", fmt::format("device {}, inode {}, mode {}, owner {}", shown(object, "dev"),
                            shown(object, "inode"), shown(object, "mode"), shown(object, "owner")));
  if (text_of(object, "family"))
    out += row(
        "", fmt::format("{}: family {}, type {}, protocol {}", shown(object, "op"),
                        shown(object, "family"), shown(object, "type"), shown(object, "protocol")));
  return out;
}

std::string container(const Json& container) {
  if (!text_of(container, "id")) return "";
  std::string out = shown(container, "id");
  for (const char* key : {"name", "image", "pod", "namespace"})
    if (text_of(container, key)) out += fmt::format(", {} {}", key, shown(container, key));
  return row("container", out);
}

// "/usr/bin/x, sha256 ab12, build id cd34".
std::string program(const Json& program) {
  std::string out = shown(program, "exe");
  if (text_of(program, "sha256")) out += ", sha256 " + shown(program, "sha256");
  if (text_of(program, "build_id")) out += ", build id " + shown(program, "build_id");
  return out;
}

// Read after the refusal: the process may have become another program since.
std::string process(const Json& record) {
  const Json& process = member(record, "process");
  if (!process.is_object()) return "";
  std::string out = row("arguments", shown_list(process, "argv", " "));
  out += row("directory", shown(process, "cwd"));
  if (const Json& own = member(process, "program"); own.is_object())
    out += row("program", program(own));
  if (const Json& parents = member(process, "ancestry"); parents.is_array())
    for (const Json& one : parents)
      out += row("", fmt::format("of {}: {}", shown(one, "pid"), program(one)));
  return out + row("login", fmt::format("uid {}, session {}, tty {}, unit {}",
                                        shown(process, "login_uid"), shown(process, "session"),
                                        shown(process, "tty"), shown(process, "unit")));
}

std::string package(const Json& record) {
  return text_of(record, "package") ? row("package", shown(record, "package")) : "";
}

std::string grade(const Json& record) {
  if (!text_of(record, "grade")) return "";
  std::string out =
      row("grade", fmt::format("{}: {}", shown(record, "grade"), shown(record, "grade_reason")));
  const Json& benign = member(record, "benign");
  if (benign.is_object())
    out +=
        row("", fmt::format("says {}, until {}", shown(benign, "owner"), shown(benign, "expires")));
  const Json& attack = member(record, "attack");
  if (attack.is_object())
    out += row("attack", fmt::format("{} (ATT&CK {})", shown_list(attack, "techniques", " "),
                                     shown(attack, "version")));
  return out;
}

std::string contact(const Json& record) {
  std::string out;
  for (const char* key : {"owner", "severity", "runbook"})
    if (text_of(record, key)) out += row(key, shown(record, key));
  return out;
}

std::string repeats(const Json& repeats) {
  const auto further = number_of(repeats, "count");
  if (!further || *further == 0) return "";
  return row("happened", fmt::format("{} times, last at {}", *further + 1, shown(repeats, "last")));
}

// Of its kind: what differs in the object alone.
std::string key_row(const Json& key) {
  if (!key.is_object()) return "";
  const auto objects = number_of(key, "objects").value_or(0);
  const auto distinct = number_of(key, "distinct").value_or(0);
  return row("its kind",
             fmt::format("{} refusals of {}{} objects, {} with records, last at {}",
                         number_of(key, "count").value_or(0), distinct > objects ? "some " : "",
                         distinct, objects, shown(key, "last")));
}

}  // namespace

std::string show_text(const Entry& entry) {
  const Json& record = entry.record;
  std::string out = fmt::format("record {} (line {})\n", number_phrase(record), entry.line);
  out += row("time", shown(record, "time"));
  out += row("host", fmt::format("{}, boot {}", shown(record, "host"), shown(record, "boot")));
  if (text_of(record, "schema") == undecoded_schema)
    return out + row("problem", "not understood: " + shown(record, "why"));
  out +=
      row("domain", fmt::format("{}, image {}", shown(record, "domain"), shown(record, "image")));
  out += row("verdict", verdict(record));
  out += grade(record);
  out += row("blockers", shown_list(record, "blockers", " "));
  out += rule(member(record, "rule"));
  out += object(member(record, "object"));
  out += subject(member(record, "subject"));
  out += process(record);
  out += package(record);
  out += container(member(record, "container"));
  out += contact(record);
  if (const auto whole = record.find("whole"); whole != record.end() && *whole == false)
    out += row("kept", "in the kernel's table alone: the event ring was full");
  return out + key_row(member(record, "key")) + repeats(member(record, "repeats"));
}

}  // namespace glacis::evidence
