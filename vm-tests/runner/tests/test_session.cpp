// SPDX-License-Identifier: Apache-2.0
// The runner against a `glacis` made of a few lines of shell: it refuses every
// act that reads a file named "secret", and keeps a record of it.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "vm-tests/runner/session.h"

namespace glacis::scenario {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFakeGlacis = R"SH(#!/bin/sh
state=$(dirname "$0")
echo "$*" >> "$state/calls"
case $1 in
load) # the first is the one that keeps the hooks attached
  [ ! -e "$state/broken" ] || [ "$(grep -c '^load ' "$state/calls")" = 1 ] || {
    echo "error: no such word" >&2
    exit 2
  } ;;
run)
  name=$3; shift 4
  case $3 in
  *secret)
    n=$(($(cat "$state/seq" 2>/dev/null || echo 0) + 1)); echo $n > "$state/seq"
    printf '{"seq":%d,"verdict":"denied","domain":"%s","hook":"file_open","blockers":["file.read"],"rule":{"reason":"default"},"object":{"path":"%s"}}\n' \
      $n "$name" "$3" >> "$state/log"
    echo '{"act":"file.read","ok":false,"errno":13,"errno_name":"EACCES","effect":false}'
    exit 10 ;;
  esac
  exec "$@" ;;
explain) [ -e "$state/hookless" ] && echo '{"hooks":[]}' || echo '{"hooks":["file_open"]}' ;;
evidence) cat "$state/log" 2>/dev/null || true ;;
esac
)SH";

class ScenarioSession : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "glacis-scn-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    std::ofstream(root_ / "glacis") << kFakeGlacis;
    fs::permissions(root_ / "glacis", fs::perms::owner_all);
  }
  void TearDown() override { fs::remove_all(root_); }

  // Runs the scenarios of `text` as one group.
  std::vector<Report> run(std::string_view text) {
    scenarios_ = *parse_scenarios(
        "AREA test\nPROFILE <<END\n[[file]]\npath = \"/x\"\naccess = [\"read\"]\nEND\n"
        "SETUP echo data > @DIR@/secret; echo data > @DIR@/plain\n" +
            std::string(text),
        "x.scn");
    Options options;
    options.glacis = root_ / "glacis";
    options.act = GLACIS_ACT;
    options.work = root_ / "work";
    options.limit = std::chrono::seconds(20);
    Session session(options);
    EXPECT_TRUE(session.prepare());
    std::vector<const Scenario*> group;
    for (const Scenario& scenario : scenarios_) group.push_back(&scenario);
    std::vector<Report> reports;
    session.run_group(group, [&](const Report& report) { reports.push_back(report); });
    EXPECT_EQ(session.finish(), "");
    return reports;
  }

  // How often `glacis` was called with this word.
  int calls(const std::string& word) const {
    std::ifstream in(root_ / "calls");
    int count = 0;
    for (std::string line; std::getline(in, line);)
      count += line.starts_with(word + " scn-") || line.starts_with(word + " /");
    return count;
  }

  fs::path root_;
  std::vector<Scenario> scenarios_;
};

TEST_F(ScenarioSession, ARefusalWithItsRecordPasses) {
  const auto reports =
      run("NAME a\nACT file.read @DIR@/secret\nEXPECT errno EACCES\n"
          "EXPECT_EVENT verdict=denied blocker=file.read rule=default object=@DIR@/secret\n");
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].verdict, Verdict::passed) << reports[0].why;
}

TEST_F(ScenarioSession, AMissingRecordFails) {
  const auto reports =
      run("NAME a\nACT file.read @DIR@/secret\nEXPECT refused\nEXPECT_EVENT hook=path_unlink\n");
  EXPECT_EQ(reports[0].verdict, Verdict::failed);
  EXPECT_NE(reports[0].why.find("no record has hook=path_unlink"), std::string::npos);
}

TEST_F(ScenarioSession, TheProfileItselfMustNeedTheHook) {
  const std::string text =
      "NAME a\nACT file.read @DIR@/secret\nEXPECT refused\nEXPECT_EVENT hook=file_open\n";
  auto reports = run(text);
  EXPECT_EQ(reports[0].verdict, Verdict::passed) << reports[0].why;
  std::ofstream(root_ / "hookless") << "";
  reports = run(text);
  EXPECT_EQ(reports[0].verdict, Verdict::failed);
  EXPECT_TRUE(reports[0].why.starts_with("the profile alone would not attach file_open"))
      << reports[0].why;
}

TEST_F(ScenarioSession, AnActThatSucceedsIsNoRefusal) {
  const auto reports = run("NAME a\nACT file.read @DIR@/plain\nEXPECT refused\n");
  EXPECT_EQ(reports[0].verdict, Verdict::failed);
}

TEST_F(ScenarioSession, WhatFailsWithoutTheProfileProvesNothing) {
  const auto reports = run("NAME a\nACT file.read @DIR@/none/secret\nEXPECT refused\n");
  EXPECT_EQ(reports[0].verdict, Verdict::failed);
  EXPECT_TRUE(reports[0].why.starts_with("control: it failed")) << reports[0].why;
  EXPECT_EQ(run("NAME a\nACT file.read @DIR@/none/secret\nEXPECT refused\n"
                "CONTROL none: there is no such file\n")[0]
                .verdict,
            Verdict::passed);
}

TEST_F(ScenarioSession, AnEffectCheckMustHoldInTheControl) {
  const auto reports = run(
      "NAME a\nACT file.read @DIR@/secret\nEXPECT refused\nEXPECT_NO_EFFECT test -e @DIR@/never\n");
  EXPECT_EQ(reports[0].verdict, Verdict::failed);
  EXPECT_NE(reports[0].why.find("fails without the profile too"), std::string::npos);
}

TEST_F(ScenarioSession, UnexpectedRecordsAreSeen) {
  const auto reports =
      run("NAME a\nACT file.read @DIR@/secret\nEXPECT refused\nEXPECT_NO_EVENT blocker=file.read\n"
          "NAME b\nACT file.read @DIR@/plain\nEXPECT ok\nEXPECT_NO_EVENT\n");
  EXPECT_EQ(reports[0].verdict, Verdict::failed);
  EXPECT_EQ(reports[1].verdict, Verdict::passed) << reports[1].why;
}

TEST_F(ScenarioSession, ScenariosOfAGroupShareOneLoad) {
  const auto reports =
      run("NAME a\nACT file.read @DIR@/plain\nEXPECT ok\nNAME b\nACT task.nothing\nEXPECT ok\n"
          "NAME c\nKERNEL <1.0\nACT task.nothing\nEXPECT ok\n"
          "NAME d\nREQUIRES false\nACT task.nothing\nEXPECT ok\n");
  ASSERT_EQ(reports.size(), 4u);
  EXPECT_EQ(std::count_if(reports.begin(), reports.end(),
                          [](const Report& r) { return r.verdict == Verdict::skipped; }),
            2);
  EXPECT_EQ(calls("load"), 2);
  EXPECT_EQ(calls("unload"), 2);
}

TEST_F(ScenarioSession, ALoadThatFailsFailsTheGroup) {
  std::ofstream(root_ / "broken") << "";
  const auto reports = run("NAME a\nACT task.nothing\nEXPECT ok\n");
  EXPECT_EQ(reports[0].verdict, Verdict::failed);
  EXPECT_NE(reports[0].why.find("no such word"), std::string::npos);
  EXPECT_EQ(calls("unload"), 1);
}

TEST_F(ScenarioSession, AdoptionWaitsUntilTheActIsReady) {
  const auto reports =
      run("NAME a\nENTER adopt\nACT hold 4 2 @DIR@/plain\nEXPECT ok\nEXPECT_COUNT after_ok == 7\n");
  EXPECT_EQ(reports[0].verdict, Verdict::passed) << reports[0].why;
  EXPECT_EQ(calls("adopt --profile"), 1);
}

TEST_F(ScenarioSession, WhoAttachesBeginsOutsideAndItsControlWithoutTheProfile) {
  const auto reports = run("NAME a\nENTER attach\nACT file.read @DIR@/secret\nEXPECT ok\n");
  EXPECT_EQ(reports[0].verdict, Verdict::passed) << reports[0].why;
  EXPECT_EQ(calls("run --profile"), 0);
  EXPECT_EQ(calls("load"), 2);
}

TEST_F(ScenarioSession, ServersAnswer) {
  const auto reports =
      run("NAME a\nSERVE --unix @DIR@/s --log @DIR@/log\nACT net.unix_connect @DIR@/s\nEXPECT ok\n"
          "EXPECT_EFFECT grep -q data @DIR@/log\n");
  EXPECT_EQ(reports[0].verdict, Verdict::passed) << reports[0].why;
}

}  // namespace
}  // namespace glacis::scenario
