// SPDX-License-Identifier: Apache-2.0
// Versions of programs: kept with a run, carried to other hosts, and compared.
#include <sqlite3.h>

#include "evidence_fixture.h"
#include "learn_fixture.h"
#include "manager/learn/database.h"
#include "manager/learn/drift.h"
#include "manager/learn/transfer.h"

namespace glacis::learn {
namespace {

const std::string kWeb = "/usr/sbin/web";
const std::string kOld(64, 'a'), kNew(64, 'b');

Recording two_versions() {
  Recording out = recording({{"file read /a"}, {"file read /a", "file read /b"}});
  out.runs[0].programs[kWeb] = kOld;
  out.runs[1].programs[kWeb] = kNew;
  out.runs[1].rules = 7;
  return out;
}

TEST(Drift, WhatOnlyTheNewestVersionDoes) {
  const auto got = drifts_of(two_versions());
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].exe, kWeb);
  EXPECT_EQ(got[0].before, kOld);
  EXPECT_EQ(got[0].now, kNew);
  EXPECT_EQ(got[0].fresh, std::vector<std::string>{"file read /b"});
  EXPECT_EQ(drift_text(got),
            "drift: /usr/sbin/web changed (aaaaaaaaaaaa to bbbbbbbbbbbb), 1 new since\n"
            "    file read /b\n");
}

TEST(Drift, TheSameVersionIsNone) {
  Recording same = two_versions();
  same.runs[1].programs[kWeb] = kOld;
  EXPECT_TRUE(drifts_of(same).empty());
  EXPECT_TRUE(drifts_of(recording({{"file read /a"}, {"file read /b"}})).empty());
}

// Runs are told apart by their start, in whatever order they were merged.
TEST(Drift, TheNewestIsTheOneThatRanLast) {
  Recording turned = two_versions();
  std::swap(turned.runs[0].started, turned.runs[1].started);
  const auto got = drifts_of(turned);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].now, kOld);
  EXPECT_TRUE(got[0].fresh.empty());
}

// Whatever a run of unknown version showed is not known to be new.
TEST(Drift, ARunWithoutVersion) {
  Recording of = recording({{"file read /a"}, {"file read /b"}, {"file read /b"}});
  of.runs[0].programs[kWeb] = kOld;
  of.runs[2].programs[kWeb] = kNew;
  const auto got = drifts_of(of);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_TRUE(got[0].fresh.empty());
}

TEST(Drift, BytesOfOthersAreEscaped) {
  Recording of = two_versions();
  for (learn::Run& run : of.runs) run.programs["/a\n\x1b[31m"] = run.programs[kWeb];
  EXPECT_EQ(drift_text(drifts_of(of)).find('\x1b'), std::string::npos);
}

TEST(Drift, VersionsAreKeptAndCarried) {
  const evidence::Folder folder;
  const Recording given = two_versions();
  EXPECT_EQ(import_text(export_text(given)), given);
  auto database = Database::create(folder / "web.db", "web");
  ASSERT_TRUE(database->add(given).has_value());
  EXPECT_EQ(*database->read(), given);
  Recording bad = given;
  bad.runs[0].programs[kWeb] = "../x";
  EXPECT_FALSE(import_text(export_text(bad)).has_value());
}

TEST(Drift, ARunIsIdentifiedByItsPrograms) {
  const evidence::Folder folder;
  auto database = Database::create(folder / "web.db", "web");
  const auto watch = database->begin(run_number(1), {.boot = "b", .ring = 3, .from = 7});
  const Observation seen{
      .seq = 8, .requests = {request("file read /a")}, .exe = "/bin/x", .first = 1, .last = 2};
  ASSERT_TRUE(database->record(*watch, std::span(&seen, 1), 0).has_value());
  EXPECT_EQ(*database->programs(*watch), std::vector<std::string>{"/bin/x"});
  ASSERT_TRUE(database->identify(*watch, "/bin/x", kOld).has_value());
  EXPECT_EQ(database->read()->runs[0].programs.at("/bin/x"), kOld);
}

void run_sql(const std::filesystem::path& path, const char* sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(handle);
}

// A file of the first version has no table of programs.
TEST(Drift, AnEarlierRecordingIsBroughtForward) {
  const evidence::Folder folder;
  Recording given = two_versions();
  {
    auto database = Database::create(folder / "web.db", "web");
    ASSERT_TRUE(database->add(given).has_value());
  }
  run_sql(folder / "web.db",
          "DROP TABLE programs; ALTER TABLE runs DROP COLUMN rules; PRAGMA user_version=1;");
  for (learn::Run& run : given.runs) run.programs.clear(), run.rules = -1;
  for (int again = 0; again < 2; ++again) {
    auto database = Database::open(folder / "web.db");
    ASSERT_TRUE(database.has_value()) << database.error().what;
    EXPECT_EQ(*database->read(), given);
  }
  run_sql(folder / "web.db", "PRAGMA user_version=3;");
  EXPECT_FALSE(Database::open(folder / "web.db").has_value());
}

TEST(Drift, DigestsOfFiles) {
  const evidence::Folder folder;
  evidence::write(folder / "a", "x");
  evidence::write(folder / "b", "y");
  EXPECT_EQ(program_digest(folder / "a").size(), 64u);
  EXPECT_NE(program_digest(folder / "a"), program_digest(folder / "b"));
  EXPECT_EQ(program_digest(folder / "none"), "");
  EXPECT_EQ(program_digest("/dev/zero"), "");
}

}  // namespace
}  // namespace glacis::learn
