// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "lsm/abi/access.h"
#include "manager/evidence/grade.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

// The first pattern of each list as a text that it matches.
Json record_of(const GradeRow& row) {
  const auto first = [](const std::vector<std::string>& list, std::string_view star) -> Json {
    if (list.empty()) return {};
    std::string out = list.front();
    for (auto at = out.find('*'); at != out.npos; at = out.find('*', at)) out.replace(at, 1, star);
    return out;
  };
  Json out = {{"verdict", "denied"}, {"hook", first(row.hooks, "x")}};
  out["blockers"] = Json::array({first(row.blockers, "x")});
  out["object"] = {{"path", first(row.paths, "x")},
                   {"ending", first(row.endings, "x")},
                   {"address", first(row.addresses, "x")},
                   {"socket", first(row.sockets, "x")}};
  return out;
}

Json graded(std::string_view json, const image::SourceMap* map = nullptr) {
  Json record = Json::parse(json);
  Grades::built_in().put(record, map);
  return record;
}

TEST(Grade, TheTableIsWhole) {
  const auto grades = Grades::parse(grades_text(), threats_text());
  ASSERT_TRUE(grades) << grades.error().what;
  EXPECT_EQ(grades->attack(), "v19");
  // What they are for is not told by the call, or by who refused it.
  const std::set<std::string> without = {"other", "syscall", "syscall.unknown", "apparmor"};
  for (const GradeRow& row : grades->rows()) {
    Json record = record_of(row);
    grades->put(record, nullptr);
    EXPECT_EQ(record["grade_row"], row.id) << "a row before it takes all that it is for";
    EXPECT_EQ(record["grade"], word(row.grade));
    EXPECT_TRUE(row.attack.empty() == without.contains(row.id)) << row.id;
  }
}

TEST(Grade, EveryAccessHasARowOfItsOwn) {
#define GLACIS_WORD(name, bit, word) word,
  const std::pair<std::string, std::vector<std::string>> classes[] = {
      {"file", {GL_FILE_ACCESSES(GLACIS_WORD)}},
      {"memory", {GL_MEMORY(GLACIS_WORD)}},
      {"net", {GL_NET_OPS(GLACIS_WORD)}},
      {"kernel", {GL_KERNEL(GLACIS_WORD)}},
      {"capability", {GL_CAPABILITIES(GLACIS_WORD)}},
      {"task", {GL_TASKS(GLACIS_WORD)}},
      {"guard", {GL_GUARDS(GLACIS_WORD)}}};
  for (const auto& [name, accesses] : classes)
    for (const std::string& access : accesses) {
      Json record = {{"verdict", "denied"}, {"blockers", Json::array({name + "." + access})}};
      Grades::built_in().put(record, nullptr);
      EXPECT_NE(record["grade_row"], "other") << name << "." << access;
    }
}

TEST(Grade, TableThatIsDamaged) {
  EXPECT_FALSE(Grades::parse("", threats_text()));
  EXPECT_FALSE(Grades::parse(R"({"rows":[{}]})", threats_text()));
  EXPECT_FALSE(Grades::parse(
      R"({"rows":[{"id":"a","reason":"b","grade":"probe","threat":"none"}]})", threats_text()));
  EXPECT_FALSE(Grades::parse(R"({"rows":[{"id":"a","reason":"b","grade":"probe","paths":"x"}]})",
                             threats_text()));
}

TEST(Grade, SaysWhatIsProof) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"verdict":"denied","blockers":["file.execute"],"object":{"path":"/usr/bin/dash"}})",
       "compromise exec.shell"},
      {R"({"verdict":"denied","blockers":["file.execute"],"object":{"path":"/opt/x"}})",
       "compromise exec.program"},
      {R"({"verdict":"denied","blockers":["file.execute"],"object":{"path":null,"ending":"anonymous"}})",
       "compromise exec.memory"},
      {R"({"verdict":"denied","blockers":["memory.exec_anon"]})", "compromise memory.code"},
      {R"({"verdict":"denied","blockers":["task.trace"]})", "compromise task.trace"},
      {R"({"verdict":"denied","blockers":["task.inspect"]})", "probe task.inspect"},
      {R"({"verdict":"denied","blockers":["file.read"],"object":{"path":"/etc/passwd"}})",
       "probe file.system"},
      {R"({"verdict":"would_deny","blockers":["file.read"],"object":{"path":"/etc/shadow"}})",
       "suspicious file.secrets"},
      {R"({"verdict":"denied","blockers":["capability.sys_module"]})", "compromise kernel.module"},
      {R"({"verdict":"denied","blockers":["net.create"],"object":{"socket":"packet"}})",
       "suspicious net.raw"},
      {R"({"verdict":"denied","blockers":["file.write"],"object":{"path":"/etc/cron.d/x","ending":"rooted"}})",
       "compromise file.persistence"},
      {R"({"verdict":"denied","blockers":["file.read","file.write"],"object":{"path":"/etc/x","ending":"rooted"}})",
       "suspicious file.write"},
      {R"({"verdict":"denied"})", "suspicious other"},
      {R"({"verdict":"denied","blockers":5,"object":[],"hook":{}})", "suspicious other"},
  };
  for (const auto& [json, expected] : cases) {
    const Json out = graded(json);
    EXPECT_EQ(out["grade"].get<std::string>() + " " + out["grade_row"].get<std::string>(),
              expected);
  }
  EXPECT_FALSE(
      graded(R"({"verdict":"observed","blockers":["memory.exec_anon"]})").contains("grade"));
  EXPECT_EQ(graded(R"({"verdict":"denied","blockers":["memory.exec_anon"]})")["attack"].dump(),
            R"({"version":"v19","techniques":["T1055"]})");
}

class BenignEntries : public testing::Test {
 protected:
  BenignEntries() {
    map_.benign = {{{"file_open"}, {"/srv/*/stat"}, {}, "web", "known", "2026-12-31"},
                   {{}, {}, {"sys_admin"}, "web", "asks first", "2026-12-31"},
                   {{"bprm_check_security", "mmap_file"}, {}, {}, "web", "no", "2999-12-31"}};
  }
  std::string grade(const std::string& time, const std::string& rest) {
    return graded(R"({"verdict":"denied","time":")" + time + R"(T10:00:00.000000Z",)" + rest + "}",
                  &map_)["grade"];
  }
  image::SourceMap map_;
};

TEST_F(BenignEntries, MatchByHookObjectAndCapabilityUntilTheirDay) {
  const std::string file =
      R"("hook":"file_open","blockers":["file.read"],"object":{"path":"/srv/a/stat","ending":"rooted"})";
  EXPECT_EQ(grade("2026-12-31", file), "benign");
  EXPECT_EQ(grade("2027-01-01", file), "suspicious");
  const auto other = [&](std::string_view from, std::string_view to) {
    std::string out = file;
    return out.replace(out.find(from), from.size(), to);
  };
  EXPECT_EQ(grade("2026-12-31", other("/a/", "/a/b/")), "suspicious");
  EXPECT_EQ(grade("2026-12-31", other("file_open", "path_link")), "suspicious");
  EXPECT_EQ(grade("2026-12-31", other("rooted", "foreign_root")), "suspicious");
  EXPECT_EQ(grade("2026-12-31", other("\"ending\"", "\"path_cut\":true,\"ending\"")), "suspicious");
  const std::string capable =
      R"("hook":"capable","blockers":["capability.sys_admin"],"object":{"capability":"sys_admin"})";
  EXPECT_EQ(grade("2026-12-31", capable), "benign");
}

TEST_F(BenignEntries, NeverCoverACompromise) {
  EXPECT_EQ(grade("2026-12-31", R"("hook":"bprm_check_security","blockers":["file.execute"])"),
            "compromise");
  EXPECT_EQ(grade("2026-12-31", R"("hook":"mmap_file","blockers":["file.map_exec"])"),
            "compromise");
}

}  // namespace
}  // namespace glacis::evidence
