// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "manager/evidence/names.h"
#include "manager/evidence/record.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

std::string line_of(const gl_event& event, SourceMaps maps = SourceMaps("/nonexistent")) {
  const auto out = decode(bytes_of(event));
  EXPECT_TRUE(out);
  return event_line(*out, context(), maps);
}

nlohmann::json json_of(const gl_event& event) { return nlohmann::json::parse(line_of(event)); }

const std::string kDigest = [] {
  std::string out;
  for (int i = 0; i < 32; ++i) out += "ab";
  return out;
}();

// A map with a rule for /usr/bin/redis-*, as rule 7 at redis.toml:19.
class WithMap : public testing::Test {
 protected:
  WithMap() {
    image::SourceMap map{"redis", {}, {}};
    map.image.fill(0xab);
    map.rules.push_back({7, "redis.toml", 19, 9, 30, "file", "file execute /usr/bin/redis-*",
                         "/usr/bin/redis-*", GL_FILE_EXECUTE, false});
    write(folder_ / (kDigest + ".map.json").c_str(), image::to_json(map));
  }
  [[nodiscard]] SourceMaps maps() const { return SourceMaps(folder_ / ""); }
  Folder folder_;
};

TEST_F(WithMap, FileGolden) {
  EXPECT_EQ(
      line_of(*file_event(88121), maps()),
      R"({"schema":"glacis.event/1","seq":88121,"time":"2026-11-23T16:06:45.088121Z",)"
      R"("boot":"0f3c5a3e-1111-2222-3333-444455556666","ring":7,"host":"web1",)"
      R"("verdict":"denied","mode":"enforce","domain":"redis","domain_id":65537,)"
      R"("image":"blake2b:)" +
          kDigest +
          R"(",)"
          R"("rule":{"id":0,"reason":"default","near":{"file":"redis.toml","line":19,"column":9,)"
          R"("text":"file execute /usr/bin/redis-*"}},)"
          R"("blockers":["file.execute"],"hook":"bprm_check_security","errno":"EACCES",)"
          R"("subject":{"pid":4122,"tgid":4121,"start":91822,"comm":"redis-server",)"
          R"("exe":"/usr/bin/redis-server","uid":110,"fsuid":110,"gid":111,)"
          R"("caps":["net_bind_service","50"],"cgroup":77,)"
          R"("ancestry":[[300,"supervisor-1234"],[1,"systemd"]]},)"
          R"("object":{"kind":"file","path":"/usr/bin/dash","ending":"rooted","dev":"8:1",)"
          R"("inode":8388743,"mode":"0100755","owner":0},"grade":"compromise",)"
          R"("grade_row":"exec.shell","grade_reason":"a shell was to be started",)"
          R"("attack":{"version":"v19","techniques":["T1059.004","T1105"]}})");
}

TEST_F(WithMap, TheRuleThatDecided) {
  auto event = file_event();
  event->verdict.reason = GL_REASON_RULE;
  event->verdict.rule = 7;
  const auto json = nlohmann::json::parse(line_of(*event, maps()));
  EXPECT_EQ(json["rule"].dump(),
            R"({"column":9,"file":"redis.toml","id":7,"line":19,"reason":"rule",)"
            R"("text":"file execute /usr/bin/redis-*"})");
  event->verdict.rule = 8;  // a rule that the map does not have
  EXPECT_EQ(nlohmann::json::parse(line_of(*event, maps()))["rule"].dump(),
            R"({"id":8,"reason":"rule"})");
}

TEST_F(WithMap, ADomainThatEndedHasTheNameOfItsMap) {
  auto event = file_event();
  event->domain = 5;
  EXPECT_EQ(nlohmann::json::parse(line_of(*event, maps()))["domain"], "redis");
  EXPECT_TRUE(json_of(*event)["domain"].is_null());
}

TEST_F(WithMap, AMapOfAnotherImageIsNotUsed) {
  auto own = maps();
  image::Digest other{};
  EXPECT_EQ(own.find(other), nullptr);
  EXPECT_TRUE(own.problems().empty());
  write(folder_ / (image::hex(other) + ".map.json").c_str(),
        contents(folder_ / (kDigest + ".map.json").c_str()));
  auto again = maps();
  EXPECT_EQ(again.find(other), nullptr);
  EXPECT_EQ(again.problems().size(), 1u);
}

TEST(Record, TheContainerOfItsCgroup) {
  const Folder folder;
  const oci::Containers containers(folder / "");
  const oci::Container one{"web", "/b",   "redis",
                           77,    "/web", {"w\x1b[2J", "docker.io/library/redis:7", "", "prod"}};
  ASSERT_TRUE(containers.put(one));
  Context known = context();
  known.containers = containers;
  const auto event = decode(bytes_of(*file_event()));
  SourceMaps maps("/nonexistent");
  const auto json = nlohmann::json::parse(event_line(*event, known, maps));
  EXPECT_EQ(json["container"].dump(),
            R"({"id":"web","image":"docker.io/library/redis:7","name":"w\\x1b[2J",)"
            R"("namespace":"prod"})");
  containers.remove(77);
  EXPECT_FALSE(nlohmann::json::parse(event_line(*event, known, maps)).contains("container"));
}

TEST(Record, SocketGolden) {
  EXPECT_EQ(json_of(*net_event())["object"].dump(),
            R"({"address":"192.0.2.1","family":"inet","kind":"socket","op":"connect",)"
            R"("port":4444,"protocol":6,"socket":"tcp","type":"stream"})");
  EXPECT_EQ(json_of(*net_event())["blockers"].dump(), R"(["net.connect"])");
  auto event = net_event();
  event->object.v6 = 1;
  event->object.address[0] = 0x20010db8;
  event->object.address[3] = 1;
  EXPECT_EQ(json_of(*event)["object"]["address"], "2001:db8::1");
  event->object.op = GL_NET_CREATE;
  event->object.kind = 0;
  event->object.family = 60;
  EXPECT_EQ(json_of(*event)["object"].dump(),
            R"({"family":"60","kind":"socket","op":"create","protocol":6,"socket":null,)"
            R"("type":"stream"})")
      << "what has no word is a number";
}

TEST(Record, OtherObjects) {
  auto event = file_event();
  event->class_ = GL_CLASS_CAPABILITY;
  event->access = 0;
  event->verdict.blocker = 0;
  event->object.capability = 21;
  EXPECT_EQ(json_of(*event)["object"].dump(), R"({"capability":"sys_admin","kind":"capability"})");
  EXPECT_EQ(json_of(*event)["blockers"].dump(), R"(["capability.sys_admin"])");
  event->class_ = GL_CLASS_MEMORY;
  event->access = event->verdict.blocker = GL_MEMORY_EXEC_ANON | 1u << 30;
  EXPECT_EQ(json_of(*event)["object"].dump(),
            R"({"access":["exec_anon","bit30"],"kind":"memory"})");
  EXPECT_EQ(json_of(*event)["blockers"].dump(), R"(["memory.exec_anon","memory.bit30"])");
  event->class_ = GL_CLASS_KERNEL;
  event->access = event->verdict.blocker = GL_KERNEL_IO_URING;
  EXPECT_EQ(json_of(*event)["blockers"].dump(), R"(["kernel.io_uring"])");
  event->access = event->verdict.blocker = GL_KERNEL_MODULE | GL_KERNEL_REMOUNT;
  EXPECT_EQ(json_of(*event)["blockers"].dump(), R"(["kernel.module","kernel.remount"])");
  EXPECT_EQ(json_of(*event)["object"].dump(), R"({"access":["module","remount"],"kind":"kernel"})");
  event->class_ = 99;
  EXPECT_EQ(json_of(*event)["object"]["kind"], "99");
}

// What is refused to everybody: no domain and no image decided it.
TEST(Record, OfTheGuard) {
  auto event = file_event();
  const auto file_json = json_of(*event);
  event->class_ = GL_CLASS_GUARD;
  event->domain = 0;
  event->verdict = {GL_DENY, GL_REASON_GUARD, 0, GL_GUARD_UNMOUNT};
  event->access = GL_GUARD_UNMOUNT;
  const auto place = json_of(*event);
  EXPECT_EQ(place["domain"], nullptr);
  EXPECT_EQ(place["image"], nullptr);
  EXPECT_EQ(place["blockers"].dump(), R"(["guard.unmount"])");
  EXPECT_EQ(place["rule"].dump(), R"({"id":0,"reason":"guard"})");
  EXPECT_EQ(place["object"].dump(), R"({"access":["unmount"],"kind":"guard","path":)" +
                                        file_json["object"]["path"].dump() + "}");
  EXPECT_EQ(place["grade_row"], "guard");
  event->access = event->verdict.blocker = GL_GUARD_FTRACE;
  event->object.inode = 0;
  EXPECT_EQ(json_of(*event)["object"].dump(), R"({"access":["ftrace"],"kind":"guard"})");
}

TEST(Record, OtherTasks) {
  auto event = task_event();
  EXPECT_EQ(json_of(*event)["object"].dump(),
            R"({"comm":"sh","kind":"task","pid":812,"profile":"unconfined","signal":"term"})");
  EXPECT_EQ(json_of(*event)["blockers"].dump(), R"(["task.signal"])");
  EXPECT_EQ(json_of(*event)["hook"], "task_kill");
  event->object.peer_domain = 0x10001;
  event->object.signal = 35;
  set_name(event->object.peer_comm, "a\x1b[2J\nb");
  EXPECT_EQ(
      json_of(*event)["object"].dump(),
      R"({"comm":"a\\x1b[2J\\nb","domain_id":65537,"kind":"task","pid":812,"profile":"redis",)"
      R"("signal":"rtmin+1"})");
  // A domain that ended is no longer known by name, but its task was not free.
  event->object.peer_domain = 9;
  event->access = event->verdict.blocker = GL_TASK_TRACE;
  EXPECT_EQ(json_of(*event)["object"]["profile"], nullptr);
  EXPECT_EQ(json_of(*event)["object"]["domain_id"], 9);
  EXPECT_FALSE(json_of(*event)["object"].contains("signal"));
  EXPECT_EQ(json_of(*event)["blockers"].dump(), R"(["task.trace"])");
}

TEST(Record, ATaskThatWasOnlyNamed) {
  auto event = task_event();
  set_name(event->object.peer_comm, "");
  event->object.peer_tgid = static_cast<std::uint32_t>(-300);
  event->object.signal = 29;
  EXPECT_EQ(json_of(*event)["object"].dump(),
            R"({"comm":"","kind":"task","pid":-300,"profile":null,"signal":"io"})");
}

TEST(Record, VerdictsByMode) {
  auto event = file_event();
  event->error = 0;
  event->mode = GL_MODE_AUDIT;
  EXPECT_EQ(json_of(*event)["verdict"], "would_deny");
  EXPECT_TRUE(json_of(*event)["errno"].is_null());
  event->mode = GL_MODE_OBSERVE;
  EXPECT_EQ(json_of(*event)["verdict"], "observed");
  event->error = -1;
  EXPECT_EQ(json_of(*event)["verdict"], "denied");
  EXPECT_EQ(json_of(*event)["errno"], "EPERM");
}

TEST(Record, HostileBytesAreEscapedAndNothingIsLost) {
  auto event = file_event();
  set_name(event->subject.comm, "a\n\x1b[2J\xff\\x\"");
  set_path(*event, "/tmp/\x80\xe2\x80\xae\\n\xc3\xa4\r");
  set_name(event->subject.ancestry[0].comm, "\x01\xc3");
  const std::string line = line_of(*event);
  for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["subject"]["comm"], R"(a\n\x1b[2J\xff\\x")");
  EXPECT_EQ(json["object"]["path"], R"(/tmp/\x80\u202e\\nä\r)");
  EXPECT_EQ(json["subject"]["ancestry"][0][1], R"(\x01\xc3)");
}

TEST(Record, APathWithoutBeginning) {
  auto event = file_event();
  event->object.path.complete = 0;
  EXPECT_EQ(json_of(*event)["object"]["path_cut"], true);
  EXPECT_FALSE(json_of(*event)["subject"].contains("exe_cut"));
  event->subject.exe = {GL_EXE_TEXT, 0};
  EXPECT_TRUE(json_of(*event)["subject"]["exe"].is_null());
}

TEST(Record, OtherLines) {
  EXPECT_EQ(gap_line({4, 9}, context()),
            R"({"schema":"glacis.gap/1","time":"2026-11-23T16:06:50.000000Z",)"
            R"("boot":"0f3c5a3e-1111-2222-3333-444455556666","ring":7,"host":"web1",)"
            R"("from":4,"to":9,"lost":6,"reason":"ring_full"})");
  EXPECT_NE(gap_line({1, 9, false}, context()).find(R"("lost":0,"reason":"not_in_this_log")"),
            std::string::npos);
  EXPECT_EQ(torn_line(10, 3, "00", 0),
            R"({"schema":"glacis.torn/1","time":"1970-01-01T00:00:00.000000Z",)"
            R"("offset":10,"bytes":3,"blake2b":"00"})");
}

TEST(Names, Times) {
  EXPECT_EQ(time_text(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(time_text(1'582'934'400'123'456'789), "2020-02-29T00:00:00.123456Z");
}

TEST(Record, HereIsThisMachine) {
  const Context now = here(3);
  EXPECT_EQ(now.origin.boot.size(), 36u);
  EXPECT_FALSE(now.host.empty());
  EXPECT_GT(now.clock_offset, 0);
}

}  // namespace
}  // namespace glacis::evidence
