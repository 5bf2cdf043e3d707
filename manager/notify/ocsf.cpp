// SPDX-License-Identifier: Apache-2.0
// OCSF 1.4: which class and activity a refusal is, by its first blocker.
#include <string_view>
#include <utility>

#include "manager/evidence/phrases.h"
#include "manager/notify/formats.h"

namespace glacis::notify {
namespace {

using evidence::member;
using evidence::number_of;
using evidence::shown;
using evidence::text_of;

struct Class {
  std::string_view blocker;  // its beginning
  int uid, activity;
};

constexpr int kFile = 1001, kKernelExtension = 1002, kKernel = 1003, kModule = 1005,
              kProcess = 1007, kEventLog = 1008, kNetwork = 4001;

// The first that fits; the last fits everything.
constexpr Class kClasses[] = {
    {"file.execute", kProcess, 1},
    {"file.set_id", kProcess, 5},
    {"file.transition", kProcess, 1},
    {"file.map_exec", kModule, 1},
    {"file.unix_", kNetwork, 1},
    {"file.create", kFile, 1},
    {"file.mk", kFile, 1},
    {"file.link", kFile, 1},
    {"file.symlink", kFile, 1},
    {"file.read", kFile, 2},
    {"file.write", kFile, 3},
    {"file.append", kFile, 3},
    {"file.truncate", kFile, 3},
    {"file.unlink", kFile, 4},
    {"file.rmdir", kFile, 4},
    {"file.rename", kFile, 5},
    {"file.attributes", kFile, 6},
    {"file.ch", kFile, 7},
    {"file.mount", kFile, 12},
    {"file.umount", kFile, 13},
    {"file.", kFile, 99},
    {"memory.", kProcess, 4},
    {"task.trace", kProcess, 3},
    {"task.inspect", kProcess, 3},
    {"task.signal", kProcess, 2},
    {"task.", kProcess, 99},
    {"kernel.module", kKernelExtension, 1},
    {"net.connect", kNetwork, 1},
    {"net.bind", kNetwork, 7},
    {"net.", kNetwork, 99},
    {"", kKernel, 4},
};

Class class_of(const Json& record) {
  if (!is_refusal(record)) return {"", kEventLog, 99};
  const Json& list = member(record, "blockers");
  const std::string blocker = list.is_array() && !list.empty() ? shown(list.front()) : "";
  for (const Class& one : kClasses)
    if (blocker.starts_with(one.blocker)) return one;
  return {"", kKernel, 4};
}

int severity_id(const Json& record) {
  switch (grade_of(record)) {
    case evidence::Grade::compromise:
      return 5;  // critical
    case evidence::Grade::suspicious:
      return 4;
    case evidence::Grade::probe:
      return 2;
    case evidence::Grade::benign:
      return 1;
  }
  return 4;
}

// What a record does not know is left out: "-" would be somebody's name.
void put_text(Json& out, const char* key, const Json& of, const char* name) {
  if (text_of(of, name)) out[key] = shown(of, name);
}

Json process_of(const Json& subject) {
  Json out = Json::object();
  put_text(out, "name", subject, "comm");
  if (const auto pid = number_of(subject, "tgid")) out["pid"] = *pid;
  if (text_of(subject, "exe"))
    out["file"] = {
        {"name", shown(subject, "exe")}, {"path", shown(subject, "exe")}, {"type_id", 1}};
  if (number_of(subject, "uid")) out["user"] = {{"uid", shown(subject, "uid")}};
  return out;
}

// What it is, by the first digits of its octal mode; unknown of what is not there yet.
int file_type(const Json& object) {
  const std::string mode = text_of(object, "mode").value_or("").substr(0, 3);
  constexpr std::pair<std::string_view, int> kinds[] = {
      {"010", 1}, {"004", 2}, {"002", 3}, {"006", 4}, {"014", 5}, {"001", 6}, {"012", 7}};
  for (const auto& [digits, type] : kinds)
    if (mode == digits) return type;
  return 0;
}

// What has no path is named by what it is.
Json file_of(const Json& object) {
  Json out = {{"name", evidence::object_phrase(object)}, {"type_id", file_type(object)}};
  if (!text_of(object, "path")) return out;
  const std::string path = shown(object, "path");
  const std::string name = path.substr(path.rfind('/') + 1);
  out["name"] = name.empty() ? path : name;
  out["path"] = path;
  return out;
}

// Of another task, or of what was to be executed.
Json other_process(const Json& object) {
  if (shown(object, "kind") != "task") {
    const Json file = file_of(object);
    return {{"name", file["name"]}, {"file", file}};
  }
  Json out = {{"name", shown(object, "comm")}};
  if (const auto pid = number_of(object, "pid")) out["pid"] = *pid;
  return out;
}

Json kernel_of(const Json& object) {
  constexpr int kOther = 99, kSystemCall = 2;
  if (shown(object, "kind") != "syscall")
    return {{"name", evidence::object_phrase(object)}, {"type_id", kOther}};
  return {{"name", text_of(object, "call") ? shown(object, "call") : shown(object, "number")},
          {"type_id", kSystemCall}};
}

// A socket that is only made has no address yet: this host is one end at any rate. Unix
// sockets have names.
void put_endpoint(Json& out, const Json& record) {
  const Json& object = member(record, "object");
  if (text_of(object, "address")) {
    out["dst_endpoint"] = {{"ip", shown(object, "address")}};
    if (const auto port = number_of(object, "port")) out["dst_endpoint"]["port"] = *port;
  } else if (shown(object, "kind") == "file") {
    out["dst_endpoint"] = {{"name", evidence::object_phrase(object)}};
  } else {
    out["src_endpoint"] = {{"hostname", shown(record, "host")}};
  }
}

void put_object(Json& out, const Class& of, const Json& record) {
  const Json& object = member(record, "object");
  if (of.uid == kFile) out["file"] = file_of(object);
  if (of.uid == kModule) out["module"] = {{"file", file_of(object)}};
  if (of.uid == kKernelExtension) out["driver"] = {{"file", file_of(object)}};
  if (of.uid == kKernel) out["kernel"] = kernel_of(object);
  if (of.uid == kProcess)
    out["process"] = of.blocker.starts_with("memory") ? process_of(member(record, "subject"))
                                                      : other_process(object);
  if (of.uid == kNetwork) put_endpoint(out, record);
}

Json attacks_of(const Json& record) {
  Json out = Json::array();
  const Json& attack = member(record, "attack");
  const Json& techniques = member(attack, "techniques");
  if (!techniques.is_array()) return out;
  for (const Json& one : techniques)
    out.push_back({{"technique", {{"uid", shown(one)}}}, {"version", shown(attack, "version")}});
  return out;
}

}  // namespace

Json ocsf_json(const Notice& notice) {
  const Json& record = notice.record;
  const Class of = class_of(record);
  const bool denied = is_denied(record);
  const std::int64_t time = parse_time(text_of(record, "time").value_or("")).value_or(0);
  Json out = {{"activity_id", of.activity},
              {"category_uid", of.uid / 1000},
              {"class_uid", of.uid},
              {"type_uid", of.uid * 100 + of.activity},
              {"severity_id", severity_id(record)},
              {"time", time / 1'000'000},
              {"count", notice.count},
              {"message", sentence(notice)},
              {"status_id", 2}};
  out["metadata"] = {{"version", "1.4.0"},
                     {"product", {{"name", "Glacis"}, {"vendor_name", "Glacis"}}},
                     {"profiles", Json::array({"security_control", "host"})},
                     {"sequence", number_of(record, "seq").value_or(0)}};
  put_text(out["metadata"], "uid", member(record, "chain"), "this");
  out["device"] = {{"hostname", shown(record, "host")}, {"type_id", 1}};
  if (const Json& subject = member(record, "subject"); subject.is_object())
    out["actor"] = {{"process", process_of(subject)}};
  out["action_id"] = denied ? 2 : 3;        // denied, observed
  out["disposition_id"] = denied ? 2 : 17;  // blocked, logged
  out["is_alert"] = grade_of(record) >= evidence::Grade::suspicious;
  out["policy"] = {{"is_applied", denied}};
  put_text(out["policy"], "name", record, "domain");
  put_text(out["policy"], "uid", record, "image");
  out["attacks"] = attacks_of(record);
  put_object(out, of, record);
  return out;
}

}  // namespace glacis::notify
