// SPDX-License-Identifier: Apache-2.0
// OCSF 1.4: which class and activity a refusal is, by its first blocker.
#include <string_view>

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

Json process_of(const Json& subject) {
  return {
      {"name", shown(subject, "comm")},
      {"pid", number_of(subject, "tgid").value_or(0)},
      {"file", {{"name", shown(subject, "exe")}, {"path", shown(subject, "exe")}, {"type_id", 1}}},
      {"user", {{"uid", shown(subject, "uid")}}}};
}

void put_object(Json& out, const Class& of, const Json& record) {
  const Json &object = member(record, "object"), &subject = member(record, "subject");
  const std::string path = shown(object, "path");
  const Json file = {{"name", path.substr(path.rfind('/') + 1)}, {"path", path}, {"type_id", 1}};
  if (of.uid == kFile) out["file"] = file;
  if (of.uid == kModule) out["module"] = {{"file", file}};
  if (of.uid == kKernelExtension) out["driver"] = {{"file", file}};
  if (of.uid == kKernel)
    out["kernel"] = {{"name", shown(object, text_of(object, "call") ? "call" : "capability")},
                     {"type_id", 2}};
  if (of.uid == kProcess)
    out["process"] = text_of(object, "path") ? Json{{"name", file["name"]}, {"file", file}}
                                             : Json{{"name", shown(object, "comm")}};
  if (of.uid == kProcess && of.blocker.starts_with("memory")) out["process"] = process_of(subject);
  if (of.uid == kNetwork)
    out["dst_endpoint"] = {{"ip", shown(object, "address")},
                           {"port", number_of(object, "port").value_or(0)}};
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
  const auto verdict = text_of(record, "verdict");
  const bool denied = verdict == "denied" || verdict == "denied_by_other";
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
                     {"uid", shown(member(record, "chain"), "this")},
                     {"sequence", number_of(record, "seq").value_or(0)}};
  out["device"] = {{"hostname", shown(record, "host")}, {"type_id", 1}};
  out["actor"] = {{"process", process_of(member(record, "subject"))}};
  out["action_id"] = denied ? 2 : 3;        // denied, observed
  out["disposition_id"] = denied ? 2 : 17;  // blocked, logged
  out["is_alert"] = grade_of(record) >= evidence::Grade::suspicious;
  out["policy"] = {
      {"name", shown(record, "domain")}, {"uid", shown(record, "image")}, {"is_applied", denied}};
  out["attacks"] = attacks_of(record);
  put_object(out, of, record);
  return out;
}

}  // namespace glacis::notify
