// SPDX-License-Identifier: Apache-2.0
// From lines of the log to a database and back.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "evidence_fixture.h"
#include "learn_fixture.h"
#include "manager/base/file.h"
#include "manager/learn/database.h"
#include "manager/learn/intake.h"

namespace glacis::learn {
namespace {

using Json = nlohmann::ordered_json;

Json line_of(const gl_event& event) {
  evidence::SourceMaps maps;
  const auto decoded = evidence::decode(evidence::bytes_of(event));
  return Json::parse(evidence::event_line(*decoded, evidence::context(), maps));
}

std::string first_request(const Observation& of) {
  return of.requests.empty() ? "(" + of.unlearned + ")" : sim::to_text(of.requests.front());
}

Observation seen(std::uint64_t seq, std::string_view text) {
  return {.seq = seq, .requests = {request(text)}, .exe = "/bin/x", .first = 10, .last = 20};
}

TEST(Observe, AFileIsLearnedByWhatWasRefused) {
  auto event = evidence::file_event(4);
  event->hook = GL_HOOK_BPRM_CHECK;
  const auto got = observe(line_of(*event), "redis");
  EXPECT_EQ(first_request(got), "file execute owner=root /usr/bin/dash");
  EXPECT_EQ(got.exe, "/usr/bin/redis-server");
  EXPECT_EQ(got.seq, 4u);
  EXPECT_EQ(got.count, 1u);
}

TEST(Observe, APathComesBackByteForByte) {
  auto event = evidence::file_event();
  event->access = event->verdict.blocker = GL_FILE_READ;
  event->hook = GL_HOOK_FILE_OPEN;
  event->object.owner = 5;
  const std::string path = "/tmp/a\n\\ \x01\xff\xe2\x80\xae b";
  evidence::set_path(*event, path);
  const auto got = observe(line_of(*event), "redis");
  ASSERT_EQ(got.requests.size(), 1u) << got.unlearned;
  EXPECT_EQ(std::get<sim::FileRequest>(got.requests[0]).path, path);
}

TEST(Observe, AnOpenForExecutionIsLeftToTheHooksThatKnowMore) {
  auto event = evidence::file_event();
  event->hook = GL_HOOK_FILE_OPEN;
  const auto got = observe(line_of(*event), "redis");
  EXPECT_TRUE(got.requests.empty());
  EXPECT_TRUE(got.unlearned.empty());
}

TEST(Observe, SocketsAndTasks) {
  EXPECT_EQ(first_request(observe(line_of(*evidence::net_event()), "redis")),
            "net connect tcp 192.0.2.1:4444");
  auto v6 = evidence::net_event();
  v6->object.v6 = 1;
  EXPECT_EQ(first_request(observe(line_of(*v6), "redis")), "net connect tcp [c000:201::]:4444");
  EXPECT_EQ(first_request(observe(line_of(*evidence::task_event()), "redis")),
            "task signal unconfined term");
  auto self = evidence::task_event();
  self->object.peer_domain = 0x10001;
  EXPECT_EQ(first_request(observe(line_of(*self), "redis")), "task signal self term");
}

TEST(Observe, WhatNoRuleCanGrantIsSaidAndNotLearned) {
  auto odd = evidence::net_event();
  odd->verdict.reason = GL_REASON_UNGRANTABLE;
  EXPECT_EQ(first_request(observe(line_of(*odd), "redis")), "(no rule can grant it)");
  auto cut = evidence::file_event();
  cut->object.path.complete = 0;
  EXPECT_EQ(first_request(observe(line_of(*cut), "redis")),
            "(a path that is too long to be recorded)");
  auto abstract = evidence::file_event();
  abstract->access = abstract->verdict.blocker = GL_FILE_UNIX_CONNECT;
  abstract->object.ending = 0;
  EXPECT_TRUE(observe(line_of(*abstract), "redis").requests.empty());
  EXPECT_TRUE(
      observe(Json::parse(R"({"object":{"kind":"file"},"blockers":[3]})"), "x").requests.empty());
  EXPECT_FALSE(observe(Json::object(), "x").unlearned.empty());
}

TEST(Observe, RepeatsAreCountedAndTimesAreRead) {
  Json line = line_of(*evidence::file_event());
  line["repeats"] = {{"count", 41u}, {"last", "2027-01-01T00:00:00.000001Z"}};
  const auto got = observe(line, "redis");
  EXPECT_EQ(got.count, 42u);
  EXPECT_EQ(got.last, 1'798'761'600'000'001'000);
  EXPECT_EQ(parse_time("2026-02-30T00:00:00.000000Z"), 0);
  EXPECT_EQ(parse_time("yesterday"), 0);
}

TEST(Database, ARunIsRecordedOnceHoweverOftenTheLogIsRead) {
  const evidence::Folder folder;
  auto database = Database::create(folder / "web.db", "web");
  ASSERT_TRUE(database.has_value()) << database.error().what;
  const auto watch = database->begin(run_number(1), {.boot = "b", .ring = 3, .from = 7});
  ASSERT_TRUE(watch.has_value());
  std::vector<Observation> all = {seen(8, "file read /a"), seen(9, "file read /a"),
                                  seen(10, "capability chown")};
  all.push_back({.seq = 11, .unlearned = "odd", .count = 2});
  ASSERT_TRUE(database->record(*watch, all, 0).has_value());
  all[0].count = 5;
  all[0].last = 99;
  ASSERT_TRUE(database->record(*watch, all, 3).has_value());
  auto got = database->read();
  ASSERT_TRUE(got.has_value()) << got.error().what;
  EXPECT_EQ(got->name, "web");
  ASSERT_EQ(got->behaviours.size(), 2u);
  EXPECT_EQ(count_of(got->behaviours[0]), 6u);
  EXPECT_EQ(first_seen(got->behaviours[0]), 10);
  EXPECT_EQ(last_seen(got->behaviours[0]), 99);
  EXPECT_EQ(got->runs[0].lost, 3u);
  EXPECT_EQ(got->runs[0].unlearned.at("odd"), 2u);
  EXPECT_TRUE(incomplete(*got));
}

std::string log_line(std::uint64_t seq, const std::string& rest = "") {
  return fmt::format(
      R"({{"schema":"glacis.event/1","seq":{},"time":"2026-11-23T16:19:02.000000Z","boot":"b","ring":3,)"
      R"("verdict":"observed","domain":"web","rule":{{"id":0,"reason":"default"}},"blockers":["file.read"],)"
      R"("hook":"file_open","subject":{{"exe":"/bin/x","fsuid":33}},)"
      R"("object":{{"kind":"file","path":"/srv/{}","ending":"rooted","inode":5,"owner":33}}{}}})"
      "\n",
      seq, seq, rest);
}

TEST(Intake, WhatIsKnownIsNotReadAgainButItsCount) {
  const evidence::Folder folder;
  auto database = Database::create(folder / "web.db", "web");
  ASSERT_TRUE(database.has_value()) << database.error().what;
  const auto watch = database->begin(run_number(1), {.boot = "b", .ring = 3, .from = 0});
  ASSERT_TRUE(watch.has_value());
  const auto log = folder / "evidence.jsonl";
  std::string text;
  for (std::uint64_t seq = 1; seq <= 2000; ++seq) text += log_line(seq);
  ASSERT_TRUE(write_file(log, text).has_value());
  ASSERT_TRUE(take_in(*database, *watch, "web", log, nullptr).has_value());
  // A line that was known, and changed since, would be told if it were read.
  text.replace(text.find("/srv/5\""), 7, "/srv/X\"");
  const std::string gap =
      R"({"schema":"glacis.gap/1","boot":"b","ring":3,"from":2001,"to":2003,"lost":3})"
      "\n";
  ASSERT_TRUE(write_file(log, text + gap + log_line(2004)).has_value());
  evidence::Live counts;
  counts.origin = {"b", 3};
  counts.repeats[7] = {41, 9};
  for (int time = 0; time < 2; ++time)
    ASSERT_TRUE(take_in(*database, *watch, "web", log, &counts).has_value());
  const auto got = database->read();
  ASSERT_TRUE(got.has_value()) << got.error().what;
  EXPECT_EQ(got->behaviours.size(), 2001u);
  EXPECT_EQ(got->runs[0].lost, 3u);
  for (const Behaviour& one : got->behaviours) {
    const auto& path = std::get<sim::FileRequest>(one.request).path;
    EXPECT_NE(path, "/srv/X");
    EXPECT_EQ(count_of(one), path == "/srv/7" ? 42u : 1u) << path;
  }
}

TEST(Database, TheRunThatGoesOnIsFoundAndEnded) {
  const evidence::Folder folder;
  auto database = Database::create(folder / "web.db", "web");
  auto begun = run_number(1);
  begun.ended = 0;
  const auto watch = database->begin(begun, {.boot = "b", .ring = 3, .from = 7});
  auto again = Database::open(folder / "web.db");
  ASSERT_TRUE(again.has_value()) << again.error().what;
  auto found = again->watch();
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->boot, "b");
  EXPECT_EQ((*found)->from, 7u);
  EXPECT_FALSE((*found)->stop);
  ASSERT_TRUE(again->ask_to_stop(**found).has_value());
  EXPECT_TRUE((*database->watch())->stop);
  ASSERT_TRUE(database->end(*watch, 5).has_value());
  EXPECT_FALSE((*again->watch()).has_value());
}

TEST(Database, WhatWasWrittenIsThereAfterACrash) {
  const evidence::Folder folder;
  {
    auto database = Database::create(folder / "web.db", "web");
    const auto watch = database->begin(run_number(1), {.boot = "b"});
    const std::vector<Observation> all = {seen(8, "file read /a")};
    ASSERT_TRUE(database->record(*watch, all, 0).has_value());
    // As after a crash: the file and its log as they are now, without a close.
    for (const char* name : {"web.db", "web.db-wal"})
      std::filesystem::copy(folder / name, folder / (std::string("x") + name).c_str());
  }
  auto got = Database::open(folder / "xweb.db");
  ASSERT_TRUE(got.has_value()) << got.error().what;
  EXPECT_EQ(got->read()->behaviours.size(), 1u);
}

TEST(Database, WhatIsNoRecordingIsRefused) {
  const evidence::Folder folder;
  EXPECT_FALSE(Database::open(folder / "none.db").has_value());
  evidence::write(folder / "text.db", "hello");
  EXPECT_FALSE(Database::open(folder / "text.db").has_value());
  EXPECT_FALSE(Database::create(folder / "text.db", "web").has_value());
  {
    auto database = Database::create(folder / "cut.db", "web");
  }
  std::filesystem::resize_file(folder / "cut.db", 4096);
  auto cut = Database::open(folder / "cut.db");
  EXPECT_FALSE(cut.has_value() && cut->read().has_value());
  std::filesystem::create_symlink(folder / "cut.db", folder / "link.db");
  EXPECT_FALSE(Database::open(folder / "link.db").has_value());
}

TEST(Database, OtherRecordingsAreAddedOnce) {
  const evidence::Folder folder;
  auto database = Database::create(folder / "web.db", "web");
  const Recording other = recording({{"file read /a", "file read /b"}, {"file read /a"}});
  ASSERT_TRUE(database->add(other).has_value());
  ASSERT_TRUE(database->add(other).has_value());
  EXPECT_EQ(*database->read(), other);
  Recording foreign = other;
  foreign.name = "mail";
  EXPECT_FALSE(database->add(foreign).has_value());
}

}  // namespace
}  // namespace glacis::learn
