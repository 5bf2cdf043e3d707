// SPDX-License-Identifier: Apache-2.0
// Which folders are taken for a program's own state, and above all which are not.
#include "learn_fixture.h"
#include "manager/learn/drop_in.h"
#include "manager/learn/matcher.h"
#include "manager/learn/own.h"
#include "manager/learn/propose.h"
#include "manager/learn/tree.h"

namespace glacis::learn {
namespace {

constexpr std::uint32_t kCreates = GL_FILE_READ | GL_FILE_WRITE | GL_FILE_CREATE;

// As a database keeps it: files of its own in four places, and one that it only reads.
std::vector<SeenPath> database(const std::string& at = "/var/lib/pg/15/main") {
  std::vector<SeenPath> out;
  for (const char* name :
       {"postmaster.pid", "base/16384/2601", "pg_wal/000000010000", "global/pg_x"})
    out.push_back({at + "/" + name, kCreates, {0, 1}, true});
  out.push_back({at + "/pg_hba.conf", GL_FILE_READ, {0, 1}, true});
  out.push_back({at, GL_FILE_READ, {0, 1}, true});
  return out;
}

std::vector<std::string> folders_of(const std::vector<SeenPath>& seen) {
  Work work;
  std::vector<std::string> out;
  for (const auto& [path, branches] : own_folders(seen, {}, work)) out.push_back(path);
  return out;
}

using Paths = std::vector<std::string>;

TEST(Own, AFolderOfADatabaseIsOne) {
  EXPECT_EQ(folders_of(database()), Paths{"/var/lib/pg/15/main"});
  // Two clusters are two, and a name between them is none of theirs.
  auto two = database();
  for (const SeenPath& one : database("/var/lib/pg/15/main-b")) two.push_back(one);
  EXPECT_EQ(folders_of(two), (Paths{"/var/lib/pg/15/main", "/var/lib/pg/15/main-b"}));
  const OwnFolders folders = {{"/a", 4}};
  EXPECT_EQ(holder_of(folders, "/a-b"), folders.end());
  EXPECT_EQ(holder_of(folders, "/a/b/c"), folders.begin());
  EXPECT_EQ(holder_of(folders, "/a"), folders.begin());
}

TEST(Own, WhatWeakensTheEvidenceMakesItNone) {
  const auto without = [](auto change) {
    auto seen = database();
    change(seen);
    return folders_of(seen);
  };
  const auto add = [&](SeenPath one) {
    return without([&](auto& seen) { seen.push_back(std::move(one)); });
  };
  const std::string at = "/var/lib/pg/15/main";
  EXPECT_EQ(without([](auto& seen) { seen.erase(seen.begin() + 1); }), Paths{}) << "a place less";
  EXPECT_EQ(without([](auto& seen) { seen.erase(seen.begin()); }), Paths{}) << "none directly";
  EXPECT_EQ(without([](auto& seen) {
              for (SeenPath& one : seen) one.runs = {1};
            }),
            Paths{})
      << "one run";
  EXPECT_EQ(add({at + "/x", GL_FILE_READ, {0}, false}), Paths{}) << "somebody else's file";
  EXPECT_EQ(without([](auto& seen) { seen.back().own = false; }), Paths{}) << "else's folder";
  EXPECT_EQ(add({at + "/lib.so", GL_FILE_READ | GL_FILE_MAP_EXEC, {0}, true}), Paths{}) << "code";
  EXPECT_EQ(add({at + "/.ssh/id", GL_FILE_READ, {0}, true}), Paths{}) << "secrets";
}

TEST(Own, SharedGuardedAndProtectedFoldersAreNone) {
  for (const char* at : {"/var/lib", "/etc/app", "/home/a/app", "/root/app", "/run/app", "/tmp/app",
                         "/usr/lib/app", "/", "/opt"})
    EXPECT_EQ(folders_of(database(at)), Paths{}) << at;
  EXPECT_EQ(folders_of(database("/opt/app")), Paths{"/opt/app"});
}

Recording recorded() {
  const std::initializer_list<std::string_view> run = {
      "file create,write owner=self /var/lib/pg/main/postmaster.pid",
      "file create,rename owner=self /var/lib/pg/main/base/1/t1",
      "file create,read owner=self /var/lib/pg/main/global/pg_internal.init",
      "file create,unlink owner=self /var/lib/pg/main/pg_stat/global.tmp",
      "file read owner=self /var/lib/pg/main/pg_hba.conf",
      "file unix_bind owner=self /var/lib/pg/main/.s.PGSQL",
      "file read owner=root /etc/pg/pg.conf"};
  return recording({run, run});
}

class NoFolders : public Tree {
 public:
  std::vector<Entry> list(const std::string&) const override { return {}; }
};

TEST(Own, IsGrantedForFilesOfItsUserAlone) {
  const auto of = propose(recorded(), {}, NoFolders());
  ASSERT_TRUE(of.has_value());
  profile::ResolvedProfile rules;
  rules.name = "web";
  for (const Item& item : of->items)
    rules.rules.push_back({static_cast<profile::RuleId>(rules.rules.size() + 1), {}, item.body});
  const auto matcher = Matcher::of(rules);
  ASSERT_TRUE(matcher.has_value());
  const auto allows = [&](std::string_view text) { return matcher->allows(request(text)); };
  const Recording all = recorded();
  for (const Behaviour& one : all.behaviours)
    EXPECT_TRUE(matcher->allows(one.request)) << sim::to_text(one.request);
  EXPECT_TRUE(
      allows("file read,write,rename owner=self /var/lib/pg/main/postgresql.auto.conf.tmp"));
  EXPECT_TRUE(allows("file read owner=self /var/lib/pg/main"));
  EXPECT_FALSE(allows("file read owner=other /var/lib/pg/main/base/2/t2"));
  EXPECT_FALSE(allows("file read owner=root /var/lib/pg/main/base/2/t2"));
  EXPECT_FALSE(allows("file execute owner=self /var/lib/pg/main/base/x"));
  EXPECT_FALSE(allows("file map_exec owner=self /var/lib/pg/main/base/x"));
  EXPECT_FALSE(allows("file unix_connect owner=self /var/lib/pg/main/other"));
  EXPECT_FALSE(allows("file read owner=self /var/lib/pg/main-b/x"));
}

TEST(Own, TheDropInSaysWhy) {
  const Recording all = recorded();
  const auto of = propose(all, {}, NoFolders());
  ASSERT_TRUE(of.has_value());
  const std::string text = drop_in_text("web", all, of->folds, of->items);
  EXPECT_NE(text.find("# it keeps its own files in 4 places there: from 5 seen in 2 runs"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("path = \"/var/lib/pg/main{,/**}\""), std::string::npos) << text;
  EXPECT_NE(text.find("owner = \"self\"\n"), std::string::npos) << text;
}

// News in such a folder is none: else no number of runs would be enough.
TEST(Own, ItIsOneBehaviourForCoverage) {
  Recording all = recorded();
  all.behaviours.push_back({request("file create,rename owner=self /var/lib/pg/main/base/1/zzz"),
                            "/usr/sbin/web",
                            {{1, 1, 1, 1}}});
  EXPECT_EQ(folded(all, {}).behaviours.size(), folded(recorded(), {}).behaviours.size());
}

TEST(Measure, APatternThatReachesDownCountsAllBelow) {
  class Memory : public Tree {
   public:
    std::vector<Entry> list(const std::string& folder) const override {
      if (folder == "/var/lib/x") return {{"main", true}, {"main-b", true}, {"other", true}};
      if (folder == "/var/lib/x/main") return {{"a", false}, {"d", true}};
      if (folder == "/var/lib/x/main/d") return {{"b", false}};
      return {{"never", false}};
    }
  };
  const auto got = measure("/var/lib/x/main{,/**}", {"/var/lib/x/main/a"}, Memory());
  EXPECT_EQ(got.files, 3u);
  EXPECT_EQ(got.samples, (Paths{"/var/lib/x/main", "/var/lib/x/main/d", "/var/lib/x/main/d/b"}));
}

}  // namespace
}  // namespace glacis::learn
