// SPDX-License-Identifier: Apache-2.0
// What other programs are given: each field is true, or it is not there.
#include <initializer_list>
#include <string>
#include <utility>

#include "manager/notify/formats.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::notify {
namespace {

Json record_of(std::initializer_list<std::pair<const char*, Json>> members) {
  auto event = evidence::file_event(1);
  evidence::SourceMaps none("/nonexistent");
  Json out = Json::parse(evidence::event_line(*evidence::decode(evidence::bytes_of(*event)),
                                              evidence::context(), none));
  for (const auto& [key, value] : members) out[key] = value;
  return out;
}

Json file(const Json& path, const char* ending, const Json& mode = nullptr) {
  Json out = {{"kind", "file"}, {"path", path}, {"ending", ending}};
  if (!mode.is_null()) out["mode"] = mode;
  return out;
}

// No text of it is the dash that stands for nothing in a terminal.
void expect_no_dash(const Json& json, const std::string& where) {
  EXPECT_FALSE(json == "-") << where;
  if (json.is_structured())
    for (const auto& [key, value] : json.items()) expect_no_dash(value, where + "." + key);
}

TEST(Ocsf, UnixSocketsHaveNamesAndNoPort) {
  const Json named = ocsf_json({record_of(
      {{"blockers", {"file.unix_connect"}}, {"object", file("/run/app.sock", "rooted")}})});
  EXPECT_EQ(named["class_uid"], 4001);
  EXPECT_EQ(named["dst_endpoint"].dump(), R"({"name":"/run/app.sock"})");
  const Json nameless = ocsf_json(
      {record_of({{"blockers", {"file.unix_connect"}}, {"object", file(nullptr, "abstract")}})});
  EXPECT_EQ(nameless["dst_endpoint"].dump(), R"x({"name":"(abstract)"})x");
}

TEST(Ocsf, ASocketWithoutAnAddressHasThisHostAsItsEnd) {
  const Json made = ocsf_json({record_of({{"blockers", {"net.create"}},
                                          {"object",
                                           {{"kind", "socket"},
                                            {"family", "inet"},
                                            {"type", "raw"},
                                            {"protocol", 1u},
                                            {"socket", nullptr},
                                            {"op", "create"}}}})});
  EXPECT_FALSE(made.contains("dst_endpoint"));
  EXPECT_EQ(made["src_endpoint"].dump(), R"({"hostname":"web1"})");
  const Json connect = ocsf_json(
      {record_of({{"blockers", {"net.connect"}},
                  {"object", {{"kind", "socket"}, {"address", "192.0.2.1"}, {"port", 4444u}}}})});
  EXPECT_EQ(connect["dst_endpoint"].dump(), R"({"ip":"192.0.2.1","port":4444})");
  EXPECT_FALSE(connect.contains("src_endpoint"));
}

TEST(Ocsf, FilesWithoutAPathAreNamedByWhatTheyAre) {
  const Json memory = ocsf_json(
      {record_of({{"blockers", {"file.write"}}, {"object", file(nullptr, "anonymous")}})});
  EXPECT_EQ(memory["file"].dump(), R"x({"name":"(anonymous)","type_id":0})x");
  const Json folder = ocsf_json({record_of(
      {{"blockers", {"file.rmdir"}}, {"object", file("/srv/data", "rooted", "0040755")}})});
  EXPECT_EQ(folder["file"].dump(), R"({"name":"data","type_id":2,"path":"/srv/data"})");
}

TEST(Ocsf, WhatIsAskedOfTheKernelIsNamed) {
  const auto kernel = [](const char* blocker, const Json& object) {
    return ocsf_json({record_of({{"blockers", {blocker}}, {"object", object}})})["kernel"].dump();
  };
  EXPECT_EQ(kernel("capability.sys_admin", {{"kind", "capability"}, {"capability", "sys_admin"}}),
            R"({"name":"sys_admin","type_id":99})");
  EXPECT_EQ(kernel("kernel.bpf", {{"kind", "kernel"}, {"access", {"bpf"}}}),
            R"({"name":"bpf","type_id":99})");
  EXPECT_EQ(kernel("syscall.mount", {{"kind", "syscall"}, {"call", "mount"}, {"number", 165u}}),
            R"({"name":"mount","type_id":2})");
  EXPECT_EQ(kernel("syscall.unknown", {{"kind", "syscall"}, {"call", nullptr}, {"number", 999u}}),
            R"({"name":"999","type_id":2})");
  EXPECT_EQ(kernel("apparmor.mount", {{"kind", "apparmor"}, {"operation", "mount"}}),
            R"({"name":"mount","type_id":99})");
  EXPECT_EQ(kernel("guard.detach", {{"kind", "guard"}, {"access", {"detach"}}}),
            R"({"name":"detach","type_id":99})");
}

TEST(Ocsf, NothingIsNamedWithADash) {
  const Json none = nullptr;
  const Json bare = {{"comm", "perl"}, {"tgid", 9u}, {"exe", nullptr}};
  for (const char* blocker : {"file.execute", "file.read", "file.map_exec", "file.unix_connect",
                              "kernel.module", "memory.write_exec", "net.bind"})
    expect_no_dash(ocsf_json({record_of({{"blockers", {blocker}},
                                         {"object", file(none, "anonymous")},
                                         {"subject", bare},
                                         {"domain", none},
                                         {"image", none}})}),
                   blocker);
  expect_no_dash(
      ocsf_json({record_of({{"blockers", {"task.signal"}},
                            {"object", {{"kind", "task"}, {"pid", 3u}, {"comm", "sh"}}}})}),
      "task");
  expect_no_dash(ocsf_json({Json{{"schema", "glacis.gap/1"}, {"host", "web1"}, {"lost", 3u}}}),
                 "gap");
}

TEST(Falco, KnowsThePodWhereTheRecordDoes) {
  const Json inside = falco_json({record_of({{"container",
                                              {{"id", "c1"},
                                               {"name", "nginx"},
                                               {"pod", "web-7d9f8c5b6-x2x4z"},
                                               {"namespace", "shop"}}}})})["output_fields"];
  EXPECT_EQ(inside["k8s.ns.name"], "shop");
  EXPECT_EQ(inside["k8s.pod.name"], "web-7d9f8c5b6-x2x4z");
  EXPECT_EQ(inside["container.id"], "c1");
  EXPECT_EQ(inside["container.name"], "nginx");
  const Json outside = falco_json({record_of({})})["output_fields"];
  EXPECT_TRUE(outside.contains("k8s.ns.name") && outside["k8s.ns.name"].is_null());
  EXPECT_TRUE(outside.contains("k8s.pod.name") && outside["k8s.pod.name"].is_null());
  EXPECT_FALSE(outside.contains("container.id"));
  const Json odd = falco_json({record_of({{"container", {{"pod", 7u}}}})})["output_fields"];
  EXPECT_TRUE(odd["k8s.pod.name"].is_null()) << "falcosidekick takes a text or null";
}

}  // namespace
}  // namespace glacis::notify
