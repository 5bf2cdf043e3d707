// SPDX-License-Identifier: Apache-2.0
// What needs no server: groups over hours, the journal's fields, spools, cursors.
#include <set>

#include "manager/evidence/states.h"
#include "manager/notify/groups.h"
#include "manager/notify/notifier.h"
#include "manager/notify/sink.h"
#include "manager/notify/spool.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::notify {
namespace {

using namespace std::chrono_literals;
using evidence::Folder;

Json refusal(const std::string& path = "/usr/bin/dash", std::uint64_t seq = 1) {
  auto event = evidence::file_event(seq);
  evidence::set_path(*event, path);
  evidence::SourceMaps none("/nonexistent");
  return Json::parse(evidence::event_line(*evidence::decode(evidence::bytes_of(*event)),
                                          evidence::context(), none));
}

TEST(Groups, TheFirstAtOnceThenSummaries) {
  Groups groups;
  const Groups::Time start{};
  const auto first = groups.add(refusal(), start);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(first[0].first);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(groups.add(refusal(), start + 1s).empty());
  EXPECT_TRUE(groups.due(start + 59s).empty());
  const auto minute = groups.due(start + 60s);
  ASSERT_EQ(minute.size(), 1u);
  EXPECT_FALSE(minute[0].first);
  EXPECT_EQ(minute[0].count, 5u);
  EXPECT_EQ(minute[0].since, 60u);
  EXPECT_TRUE(groups.due(start + 1h).empty()) << "nothing more happened";
  EXPECT_TRUE(groups.add(refusal(), start + 61s).empty());
  EXPECT_TRUE(groups.due(start + 10min).empty());
  EXPECT_EQ(groups.due(start + 11min).size(), 1u);
  EXPECT_EQ(groups.add(refusal("/other"), start + 11min).size(), 1u) << "what is new comes through";
  EXPECT_TRUE(groups.due(start + 3h).empty());
  EXPECT_TRUE(groups.add(refusal(), start + 3h)[0].first) << "it was quiet for an hour";
}

TEST(Groups, NumbersInNamesAreNoDifference) {
  EXPECT_EQ(group_of(refusal("/proc/1/stat")), group_of(refusal("/proc/4711/stat")));
  EXPECT_NE(group_of(refusal("/proc/1/stat")), group_of(refusal("/proc/1/maps")));
  EXPECT_NE(group_of(refusal("/a")), group_of(refusal("/1")));
}

Json call(const char* name, const char* verdict = "denied_by_other") {
  return {{"schema", "glacis.event/1"},
          {"host", "web1"},
          {"domain", nullptr},
          {"verdict", verdict},
          {"blockers", {std::string("syscall.") + name}},
          {"hook", "seccomp"},
          {"subject", {{"comm", "perl"}, {"tgid", 9}, {"exe", "/usr/bin/perl"}}},
          {"object", {{"kind", "syscall"}, {"call", name}, {"number", 83}, {"abi", "x86_64"}}},
          {"chain", {{"n", 4711u}}}};
}

TEST(Groups, WhatOthersRefuseComesAsANumber) {
  Groups groups;
  EXPECT_EQ(groups.add(call("mkdir"), {}).size(), 1u);
  EXPECT_EQ(groups.add(call("rmdir"), {}).size(), 1u) << "another call is another group";
  Json more = call("mkdir");
  more["repeats"] = {{"count", 998u}};
  EXPECT_TRUE(groups.add(more, Groups::Time(1s)).empty());
  const auto minute = groups.due(Groups::Time(60s));
  ASSERT_EQ(minute.size(), 1u);
  EXPECT_EQ(minute[0].count, 999u);
}

TEST(Notice, WhatOthersRefuseIsSaidToBeTheirs) {
  EXPECT_EQ(title({call("mkdir")}), "Glacis saw another deny syscall.mkdir");
  EXPECT_EQ(title({call("mkdir", "denied")}), "Glacis denied syscall.mkdir");
  const std::string text = sentence({call("mkdir")});
  EXPECT_TRUE(text.contains("call mkdir (83 of x86_64) by perl (pid 9)")) << text;
  EXPECT_TRUE(text.contains("record n4711")) << text;
  const Json missed = {{"schema", "glacis.missed/1"}, {"host", "web1"}, {"count", nullptr}};
  EXPECT_TRUE(worth_telling(missed));
  EXPECT_TRUE(sentence({missed}).contains("nobody knows how many refusals")) << sentence({missed});
}

TEST(Groups, ArgumentsStayInTheLog) {
  Json record = refusal();
  record["process"] = {{"argv", {"psql", "password=x"}}, {"tty", "pts/1"}};
  const auto out = Groups().add(record, {});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].record["process"].dump(), R"({"tty":"pts/1"})");
  record["process"] = "argv";
  EXPECT_NO_THROW((void)Groups().add(record, {}));
}

TEST(Groups, AreBoundedAndLoseNothingThatWaits) {
  Groups groups(3);
  const Groups::Time start{};
  (void)groups.add(refusal("/a"), start);
  (void)groups.add(refusal("/a"), start + 1s);
  (void)groups.add(refusal("/b"), start + 2s);
  (void)groups.add(refusal("/c"), start + 3s);
  const auto out = groups.add(refusal("/d"), start + 4s);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_TRUE(out[0].first);
  EXPECT_EQ(out[1].record["object"]["path"], "/a");
  EXPECT_EQ(out[1].count, 1u);
  EXPECT_TRUE(groups.rest(start + 5s).empty());
}

TEST(AuditSink, NoByteOfAProcessIsTakenForTheMessage) {
  const auto sink = make_audit();
  const std::string plain = sink->encode({refusal()});
  EXPECT_TRUE(plain.starts_with("avc:  denied  { file.execute } for pid=4121 uid=110")) << plain;
  EXPECT_TRUE(plain.contains(R"( comm="redis-server" path="/usr/bin/dash")")) << plain;
  EXPECT_TRUE(plain.contains("hook=bprm_check")) << plain;
  const std::string hostile = sink->encode({refusal("/a\" seq=7 pid=1\n'")});
  EXPECT_FALSE(hostile.contains("seq=7")) << hostile;
  EXPECT_FALSE(hostile.contains('\n'));
  EXPECT_TRUE(hostile.contains(" path=2F61")) << "in hex: " << hostile;
  EXPECT_LT(sink->encode({refusal("/" + std::string(4000, 'a'))}).size(), 2000u);
}

// The kernel's words: "granted" is what would have been refused, and was not.
TEST(AuditSink, SaysDeniedWhoeverRefused) {
  const auto sink = make_audit();
  for (const char* verdict : {"denied", "denied_by_other"}) {
    const std::string text = sink->encode({call("mkdir", verdict)});
    EXPECT_TRUE(text.starts_with("avc:  denied  { syscall.mkdir } for pid=9")) << text;
    EXPECT_TRUE(text.contains(std::string(" verdict=") + verdict + " ")) << text;
    EXPECT_FALSE(text.contains("path=")) << "a call has none: " << text;
  }
  const std::string passed = sink->encode({call("mkdir", "would_deny")});
  EXPECT_TRUE(passed.starts_with("avc:  granted  { syscall.mkdir }")) << passed;
}

TEST(Notices, WhatIsWorthTelling) {
  EXPECT_TRUE(worth_telling(refusal()));
  Json observed = refusal();
  observed["verdict"] = "observed";
  EXPECT_FALSE(worth_telling(observed));
  EXPECT_FALSE(worth_telling(Json::parse(R"({"schema":"glacis.gap/1","lost":0})")));
  EXPECT_TRUE(worth_telling(Json::parse(R"({"schema":"glacis.shortened/1"})")));
  EXPECT_TRUE(worth_telling(Json::parse(R"({"schema":"glacis.guard/1","what":"broken"})")));
  EXPECT_FALSE(worth_telling(Json::parse(R"({"schema":"glacis.heartbeat/1"})")));
}

// What the log has of each kind reaches the sinks, or not: the titles in the spool of one
// whose server is not there.
std::string told_of(const std::vector<std::string>& lines) {
  const Folder folder;
  const auto log = folder / "log.jsonl";
  evidence::write(log, R"({"certificate":null,"hash":"blake2b-256","key":null,"log":"l",)"
                       R"("schema":"glacis.header/1","segment":1,"started":1})"
                       "\n");
  Config config;
  SinkConfig hook{"hook", SinkKind::webhook};
  hook.url = "http://127.0.0.1:1/";
  config.sinks = {hook};
  config.routes = {Route{}};
  config.routes[0].to = {"hook"};
  auto notifier = Notifier::open(config, {log, folder / "state"});
  EXPECT_TRUE(notifier) << notifier.error().what;
  std::ofstream more(log, std::ios::app);
  for (const std::string& line : lines) more << line << '\n';
  more.close();
  EXPECT_TRUE((*notifier)->step());
  std::set<std::filesystem::path> spooled;
  for (const auto& one : std::filesystem::directory_iterator(folder / "state/spool/hook"))
    spooled.insert(one.path());
  std::string out;
  for (const auto& one : spooled)
    out += Json::parse(evidence::contents(one))["title"].get<std::string>() + ", ";
  return out;
}

TEST(Notifier, PassesOnWhatTheGuardFound) {
  const evidence::Context here = evidence::context();
  EXPECT_EQ(told_of({evidence::guard_line("broken", "NOTHING IS ENFORCED", here),
                     evidence::guard_line("broken", "NOTHING IS ENFORCED", here),
                     evidence::guard_line("broken", "a hook is not attached", here),
                     evidence::guard_line("well", "everything holds again", here)}),
            "Glacis guard: broken, Glacis guard: broken, Glacis guard: well, ");
}

TEST(Notifier, PassesOnEachKindThatIsWorthTelling) {
  EXPECT_EQ(told_of({refusal().dump(), evidence::gap_line({3, 9, true}, evidence::context()),
                     R"({"count":3,"host":"h","schema":"glacis.missed/1"})",
                     R"({"host":"h","schema":"glacis.undecoded/1"})",
                     R"({"count":9,"found":3,"schema":"glacis.shortened/1"})",
                     R"({"host":"h","schema":"glacis.heartbeat/1"})"}),
            "Glacis denied file.execute, Glacis lost evidence, Glacis lost evidence, "
            "Glacis lost evidence, Glacis lost evidence, ");
}

// Told of a drill only where it was asked for; and whatever is in doubt is told.
TEST(Notices, DrillsAreQuiet) {
  const auto of = [](const char* domain) {
    auto event = evidence::file_event(1);
    evidence::SourceMaps none("/nonexistent");
    evidence::Context context = evidence::context();
    context.domains = {{0x10001, domain}};
    return Json::parse(
        evidence::event_line(*evidence::decode(evidence::bytes_of(*event)), context, none));
  };
  const Json quiet = of("redis@drill"), loud = of("redis@drill-notify");
  EXPECT_EQ(quiet["drill"].dump(), R"({"profile":"redis","notify":false})");
  EXPECT_FALSE(worth_telling(quiet));
  EXPECT_TRUE(worth_telling(loud));
  EXPECT_TRUE(sentence({loud}).starts_with("DRILL: web1: redis@drill-notify: denied"));
  EXPECT_EQ(title({loud}), "DRILL: Glacis denied file.execute");
  EXPECT_FALSE(of("redis").contains("drill"));
  EXPECT_FALSE(of("redis-drill").contains("drill")) << "a profile may have that name";
  Json real = of("redis");
  real["drill"] = {{"profile", "redis"}, {"notify", false}};
  EXPECT_TRUE(worth_telling(real)) << "the domain is none of a drill";
  Json unmarked = quiet;
  unmarked.erase("drill");
  EXPECT_TRUE(worth_telling(unmarked));
}

TEST(Notices, SayWhatHappenedOnOneLine) {
  Json record = refusal("/x\n\x1b[2J/dash", 9);
  record["runbook"] = "see\nhere";
  const std::string text = sentence({record, false, 4, 60});
  EXPECT_EQ(text,
            "web1: redis: denied file.execute on /x\\n\\x1b[2J/dash by redis-server (pid 4121); "
            "compromise: a shell was to be started; record 9; 4 more like it in 60 s; see\\nhere");
}

TEST(Journald, FieldsAreOnesToSearchBy) {
  const auto sink = make_journald();
  const Json fields = Json::parse(sink->encode({refusal()}));
  std::set<std::string> all;
  for (const Json& field : fields) all.insert(field.get<std::string>());
  for (const char* field : {"PRIORITY=2", "SYSLOG_IDENTIFIER=glacis", "GLACIS_DOMAIN=redis",
                            "GLACIS_GRADE=compromise", "GLACIS_BLOCKERS=file.execute",
                            "GLACIS_PATH=/usr/bin/dash", "GLACIS_ATTACK=T1059.004 T1105",
                            "MESSAGE_ID=6f2bd4c09fd54c4c8a3d4c1f2f1b7a11", "OBJECT_PID=4121"})
    EXPECT_TRUE(all.contains(field)) << field;
  const std::atomic<bool> stop = false;
  EXPECT_TRUE(sink->send("{}", stop).error().refused) << "a damaged message is given up";
}

TEST(Spool, OutlivesTheProgramAndMakesRoomForWhatIsNew) {
  const Folder folder;
  {
    auto spool = Spool::open(folder / "s", 3);
    ASSERT_TRUE(spool);
    EXPECT_TRUE(*(*spool)->put("first a", true));
    EXPECT_TRUE(*(*spool)->put("summary a", false));
    EXPECT_TRUE(*(*spool)->put("first b", true));
    EXPECT_FALSE(*(*spool)->put("summary b", false)) << "no room";
  }
  evidence::write(folder / "s/000000000009.first.x", "left by a stopped write");
  auto spool = Spool::open(folder / "s", 3);
  ASSERT_TRUE(spool);
  EXPECT_EQ((*spool)->size(), 3u);
  EXPECT_FALSE(*(*spool)->put("first c", true)) << "a summary gave way";
  std::string order;
  while (const auto item = (*spool)->front()) {
    order += item->body + ", ";
    (*spool)->pop(item->number);
  }
  EXPECT_EQ(order, "first a, first b, first c, ");
}

TEST(Cursor, ReadsOnAndBeginsAnewInAnotherLog) {
  const Folder folder;
  const auto log = folder / "log.jsonl";
  const auto header = [](const char* id, int segment) {
    return R"({"certificate":null,"hash":"blake2b-256","key":null,"log":")" + std::string(id) +
           R"(","schema":"glacis.header/1","segment":)" + std::to_string(segment) +
           R"(,"started":1})" + "\n";
  };
  Cursor cursor;
  std::string seen;
  const auto read = [&] {
    seen.clear();
    EXPECT_TRUE(read_on(log, cursor, [&](std::string_view line) {
      if (!line.contains("header")) seen += std::string(line) + " ";
    }));
    return seen;
  };
  EXPECT_EQ(read(), "") << "no log yet";
  evidence::write(log, header("l", 1) + "a\nb\nc");
  EXPECT_EQ(read(), "a b ");
  EXPECT_EQ(read(), "");
  evidence::write(log, header("l", 1) + "a\nb\nc\n" + std::string(300000, 'x') + "\nd\n");
  EXPECT_EQ(read(), "c d ") << "a line that is too long is passed over";
  std::filesystem::rename(log, folder / "log.000001.jsonl");
  evidence::write(folder / "log.000002.jsonl", header("l", 2) + "e\n");
  evidence::write(log, header("l", 3) + "f\n");
  EXPECT_EQ(read(), "e f ");
  EXPECT_TRUE(save_cursor(folder / "cursor", cursor));
  EXPECT_EQ(load_cursor(folder / "cursor"), cursor);
  evidence::write(folder / "cursor", "{\"log\":5}");
  EXPECT_FALSE(load_cursor(folder / "cursor"));
  std::filesystem::remove(folder / "log.000001.jsonl");
  std::filesystem::remove(folder / "log.000002.jsonl");
  evidence::write(log, header("other", 1) + "g\n");
  EXPECT_EQ(read(), "g ");
}

}  // namespace
}  // namespace glacis::notify
