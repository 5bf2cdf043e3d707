// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/list.h"
#include "manager/evidence/render.h"
#include "manager/evidence/states.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

class List : public testing::Test {
 protected:
  void add(const gl_event& event) { add(event_line(*decode(bytes_of(event)), context_, maps_)); }
  void add(const std::string& line) { text_ += line + '\n'; }
  Listing read(const Query& query = {}, const Live* counts = nullptr) {
    write(path(), text_);
    auto out = read_log(path(), query, counts);
    EXPECT_TRUE(out);
    return std::move(*out);
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "log"; }
  [[nodiscard]] static std::string seqs(const Listing& listing) {
    std::string out;
    for (const Entry& entry : listing.entries)
      out += (out.empty() ? "" : " ") +
             (entry.record.contains("seq") ? entry.record["seq"].dump() : std::string("gap"));
    return out;
  }

  Folder folder_;
  Context context_ = context();
  SourceMaps maps_{"/nonexistent"};
  std::string text_;
};

TEST_F(List, NoLogIsNoEvidence) {
  const auto out = read_log(folder_ / "none", {}, nullptr);
  ASSERT_TRUE(out);
  EXPECT_TRUE(out->entries.empty());
}

TEST_F(List, Filters) {
  for (std::uint64_t seq = 1; seq <= 3; ++seq) add(*file_event(seq));
  add(gap_line({4, 6}, context_));
  auto other = file_event(7);
  other->domain = 2;
  add(*other);
  EXPECT_EQ(seqs(read()), "1 2 3 gap 7");
  EXPECT_EQ(seqs(read({.domain = "redis"})), "1 2 3 gap");
  EXPECT_EQ(seqs(read({.since_seq = 3})), "3 gap 7");
  EXPECT_EQ(seqs(read({.since_seq = 7})), "7");
  EXPECT_EQ(seqs(read({.last = 2})), "gap 7");
  context_.origin.boot = "another";
  add(*file_event(5));
  EXPECT_EQ(seqs(read({.since_seq = 3})), "5") << "numbers of an earlier boot are not these";
}

TEST_F(List, ByGrade) {
  add(*file_event(1));  // a shell
  add(*net_event(2));
  add(gap_line({3, 4}, context_));
  auto probe = file_event(5);
  probe->hook = GL_HOOK_FILE_OPEN;
  probe->verdict.blocker = GL_FILE_READ;
  set_path(*probe, "/etc/passwd");
  add(*probe);
  add(R"({"schema":"glacis.event/1","seq":6})");
  EXPECT_EQ(seqs(read({.grade = Grade::compromise})), "1 gap");
  EXPECT_EQ(seqs(read({.grade = Grade::suspicious})), "1 2 gap");
  EXPECT_EQ(seqs(read({.grade = Grade::benign})), "1 2 gap 5");
  EXPECT_EQ(seqs(read()), "1 2 gap 5 6") << "records of earlier versions have none";
}

TEST_F(List, TheLastAreTakenFromTheNewestSegments) {
  const auto segment = [&](const char* name, std::uint64_t from, std::uint64_t to) {
    text_.clear();
    for (std::uint64_t seq = from; seq <= to; ++seq) add(*file_event(seq));
    add("not json");
    write(folder_ / name, text_);
  };
  segment("log.000001", 1, 3);
  segment("log.000002", 4, 5);
  segment("log", 6, 7);
  const auto last = [&](std::size_t count) {
    const auto out = read_log(folder_ / "log", {.last = count}, nullptr);
    EXPECT_TRUE(out);
    return seqs(*out) + ", " + std::to_string(out->problems.size());
  };
  EXPECT_EQ(last(2), "6 7, 1") << "earlier segments are not read";
  EXPECT_EQ(last(3), "5 6 7, 2");
  EXPECT_EQ(last(99), "1 2 3 4 5 6 7, 3");
  EXPECT_EQ(find_record(folder_ / "log", 2, nullptr)->file, "log.000001");
}

TEST_F(List, TextGolden) {
  add(*file_event(9));
  add(gap_line({10, 12}, context_));
  add(*net_event(13));
  auto event = file_event(14);
  event->verdict = {GL_DENY, GL_REASON_OWNER, 7, GL_FILE_READ | GL_FILE_WRITE};
  event->object.ending = GL_ENDING_UNLINKED;
  event->mode = GL_MODE_AUDIT;
  event->error = 0;
  add(*event);
  Live counts{context_.origin, context_.clock_offset, {{13, {4, 6'000'000'000}}}};
  const Listing listing = read({}, &counts);
  EXPECT_EQ(
      list_text(listing),
      "2026-11-23T16:06:45.000009Z   9  redis  denied      compromise  file.execute          "
      "/usr/bin/dash             default\n"
      "2026-11-23T16:06:50.000000Z  10..12  LOST: 3 events, the ring was full\n"
      "2026-11-23T16:06:45.000013Z  13  redis  denied      suspicious  net.connect           tcp "
      "192.0.2.1:4444        default         ×5\n"
      "2026-11-23T16:06:45.000014Z  14  redis  would_deny  suspicious  file.read,file.write  "
      "/usr/bin/dash (unlinked)  rule 7 (owner)\n");
  EXPECT_NE(
      list_json(listing).find(R"("repeats":{"count":4,"last":"2026-11-23T16:06:46.000000Z"}})"),
      std::string::npos);
  counts.origin.ring = 99;
  EXPECT_EQ(list_json(read({}, &counts)), text_) << "counts of another ring are not joined";
}

TEST_F(List, WhatBefellTheGuard) {
  add(guard_line("broken", "no hook\nruns", context_));
  EXPECT_EQ(list_text(read()), "2026-11-23T16:06:50.000000Z  GUARD broken: no hook\\nruns\n");
}

TEST_F(List, ShowGolden) {
  add(*file_event(9));
  write(path(), text_);
  const Live counts{context_.origin, context_.clock_offset, {{9, {1, 6'000'000'000}}}};
  const auto entry = find_record(path(), 9, &counts);
  ASSERT_TRUE(entry);
  const std::string digest = entry->record["image"];
  EXPECT_EQ(show_text(*entry),
            "record 9 (line 1)\n"
            "  time        2026-11-23T16:06:45.000009Z\n"
            "  host        web1, boot 0f3c5a3e-1111-2222-3333-444455556666\n"
            "  domain      redis, image " +
                digest +
                "\n"
                "  verdict     denied (mode enforce), hook bprm_check_security, answered EACCES\n"
                "  grade       compromise: a shell was to be started\n"
                "  attack      T1059.004 T1105 (ATT&CK v19)\n"
                "  blockers    file.execute\n"
                "  rule        none (default)\n"
                "  object      file /usr/bin/dash\n"
                "              device 8:1, inode 8388743, mode 0100755, owner 0\n"
                "  subject     redis-server (pid 4121, thread 4122, started at tick 91822)\n"
                "  executable  /usr/bin/redis-server\n"
                "  identity    uid 110, fsuid 110, gid 111, cgroup 77\n"
                "  caps        net_bind_service 50\n"
                "  ancestry    supervisor-1234 (300) < systemd (1)\n"
                "  happened    2 times, last at 2026-11-23T16:06:46.000000Z\n");
}

TEST_F(List, ShowSaysWhereARecordWent) {
  add(gap_line({1, 3, false}, context_));
  add(*file_event(4));
  add(gap_line({5, 6}, context_));
  write(path(), text_);
  EXPECT_NE(find_record(path(), 2, nullptr).error().what.find("before the log's first"),
            std::string::npos);
  EXPECT_NE(find_record(path(), 6, nullptr).error().what.find("was lost"), std::string::npos);
  EXPECT_NE(find_record(path(), 7, nullptr).error().what.find("no record 7"), std::string::npos);
}

TEST_F(List, TheNewestRecordOfANumber) {
  add(*file_event(1));
  context_.origin.boot = "later";
  add(*file_event(1));
  write(path(), text_);
  EXPECT_EQ(find_record(path(), 1, nullptr)->record["boot"], "later");
}

TEST_F(List, CorruptLinesAreToldAndPassedOver) {
  add(*file_event(1));
  add("not json");
  add("[1,2]");
  add("");
  add(std::string(300000, 'x'));
  add("{\"schema\":\"\x1b[2J\"}");
  add("{\"schema\":\"glacis.other/1\"}");
  add(std::string(100000, '[') + std::string(100000, ']'));
  add("{\"a\":" + std::string(50000, '[') + std::string(50000, ']') + "}");
  add(*file_event(2));
  text_ += "{\"schema\":";
  const Listing listing = read();
  EXPECT_EQ(seqs(listing), "1 2");
  std::string lines;
  for (const Problem& problem : listing.problems) lines += std::to_string(problem.line) + " ";
  EXPECT_EQ(lines, "2 3 4 5 6 7 8 9 11 ");
  const std::string told = problems_text(listing.problems);
  EXPECT_EQ(told.substr(0, told.find('\n')), "log:2: this line is not a record: no JSON object");
  EXPECT_EQ(told.find('\x1b'), told.npos);
}

TEST_F(List, RecordsOfWrongTypesAreShownAsFarAsTheyGo) {
  add(R"({"schema":"glacis.event/1","seq":"x","time":5,"rule":[],"object":{"kind":7},"blockers":{}})");
  add(R"({"schema":"glacis.event/1","seq":3,"domain":"a\u001b[31m\u202e","subject":3,"object":null,)"
      R"("repeats":{"count":"y"},"rule":{"id":-1,"near":{"file":1}}})");
  add(R"({"schema":"glacis.gap/1","from":-1})");
  const Listing listing = read();
  EXPECT_EQ(listing.entries.size(), 3u);
  const std::string text = list_text(listing);
  EXPECT_EQ(text.find('\x1b'), text.npos);
  EXPECT_NE(text.find(R"(a\x1b[31m\u202e)"), text.npos);
  for (const Entry& entry : listing.entries) EXPECT_FALSE(show_text(entry).empty());
}

}  // namespace
}  // namespace glacis::evidence
