// SPDX-License-Identifier: Apache-2.0
// How much was seen, and what is said of it.
#include <nlohmann/json.hpp>

#include "learn_fixture.h"
#include "lsm/abi/access.h"
#include "manager/learn/coverage.h"
#include "manager/learn/readiness.h"

namespace glacis::learn {
namespace {

TEST(Readiness, WilsonsIntervalIsWhatHeWrote) {
  const Estimate none = estimate(0, 10);
  EXPECT_EQ(none.chance, 0);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 0.2775, 0.0005);
  const Estimate some = estimate(1, 4);
  EXPECT_NEAR(some.low, 0.0456, 0.0005);
  EXPECT_NEAR(some.high, 0.6994, 0.0005);
  EXPECT_EQ(estimate(0, 0).chance, 1);
}

TEST(Readiness, ThreeRunsOfWhichTwoWereQuietAreReady) {
  const Readiness got = readiness_of(
      recording(
          {{"file read /a", "file read /b"}, {"file read /a", "file read /b"}, {"file read /a"}}),
      0);
  EXPECT_TRUE(got.ready()) << got.missing.front();
  EXPECT_EQ(got.next_run.fresh, 0u);
  EXPECT_EQ(got.next_run.of, 3u);
  EXPECT_EQ(got.next_act.of, 5u);
  EXPECT_EQ(got.next_act.fresh, 0u);
  EXPECT_EQ(got.runs[0].fresh, 2u);
  EXPECT_EQ(got.runs[2].fresh, 0u);
}

TEST(Readiness, NamesThatVaryFromRunToRunAreNoNews) {
  const Readiness got = readiness_of(recording({{"file create /var/lib/x/temp-1.rdb"},
                                                {"file create /var/lib/x/temp-2.rdb"},
                                                {"file create /var/lib/x/temp-3.rdb"}}),
                                     0);
  EXPECT_TRUE(got.ready());
  EXPECT_EQ(got.next_act.of, 3u);
}

TEST(Readiness, WhatIsStillGrowingIsNamed) {
  const Readiness got = readiness_of(
      recording({{"file read /a"}, {"file read /a"}, {"file read /srv/x/1", "file read /srv/x/2"}}),
      0);
  EXPECT_FALSE(got.ready());
  ASSERT_EQ(got.growing.size(), 1u);
  EXPECT_EQ(got.growing[0].where, "files in /srv/x");
  EXPECT_EQ(got.growing[0].fresh, 2u);
  EXPECT_EQ(got.next_run.fresh, 1u);
  EXPECT_EQ(got.next_act.fresh, 2u);
}

TEST(Readiness, LossAttacksAndEmptinessAreNotReady) {
  Recording lost = recording({{"file read /a"}, {"file read /a"}, {"file read /a"}});
  EXPECT_TRUE(readiness_of(lost, 0).ready());
  EXPECT_FALSE(readiness_of(lost, 1).ready());
  lost.runs[1].lost = 1;
  EXPECT_FALSE(readiness_of(lost, 0).ready());
  const Recording empty{"web", {}, {}};
  const Readiness nothing = readiness_of(empty, 0);
  EXPECT_FALSE(nothing.ready());
  EXPECT_TRUE(nothing.curve.empty());
  EXPECT_FALSE(coverage_text(empty, nothing, true).empty());
  EXPECT_FALSE(coverage_html(empty, nothing).empty());
}

TEST(Readiness, WhatSomebodyGrantedByHandIsNotSuspicious) {
  const Recording of = recording({{"file read /etc/shadow", "file read /etc/gshadow"}});
  EXPECT_EQ(count_suspicious(of, nullptr).value(), 2u);
  profile::ResolvedProfile by_hand;
  by_hand.name = "web";
  EXPECT_EQ(count_suspicious(of, &by_hand).value(), 2u);
  by_hand.rules.push_back({1, {}, profile::PathRule{"/etc/shadow", GL_FILE_READ}});
  EXPECT_EQ(count_suspicious(of, &by_hand).value(), 1u);
}

TEST(Readiness, ClockStepsAndRunsThatGoOnBreakNothing) {
  Recording odd = recording({{"file read /a"}, {"file read /b"}});
  odd.runs[0].ended = 0;                                  // goes on
  odd.runs[1].ended = odd.runs[1].started - 50 * second;  // the clock was set back
  odd.behaviours[1].seen[0].first = odd.behaviours[1].seen[0].last = 0;
  const Readiness got = readiness_of(odd, 0);
  ASSERT_FALSE(got.curve.empty());
  for (std::size_t i = 1; i < got.curve.size(); ++i) {
    EXPECT_GE(got.curve[i].watched, got.curve[i - 1].watched);
    EXPECT_GE(got.curve[i].known, got.curve[i - 1].known);
  }
  EXPECT_EQ(got.curve.back().known, 2u);
}

TEST(Readiness, TheOrderOfMergingDoesNotCount) {
  Recording given = recording({{"file read /a"}, {"file read /a", "file read /b"}});
  std::swap(given.runs[0], given.runs[1]);
  for (Behaviour& one : given.behaviours)
    for (Sighting& seen : one.seen) seen.run = 1 - seen.run;
  const Readiness got = readiness_of(given, 0);
  EXPECT_EQ(got.runs[0].fresh, 1u);
  EXPECT_EQ(got.runs[1].fresh, 1u);
}

TEST(Coverage, HostileNamesStayText) {
  Recording given = recording({{"file read /a"}, {"file read /b"}, {"file read /c"}});
  given.runs[0].what = "<script>alert(1)</script>\x1b[2J";
  std::get<sim::FileRequest>(given.behaviours[2].request).path = "/x\"><b>/\n\x1b/y";
  const Readiness got = readiness_of(given, 0);
  const std::string page = coverage_html(given, got);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find("http"), std::string::npos);
  EXPECT_EQ(coverage_text(given, got, false).find('\x1b'), std::string::npos);
  const auto json = nlohmann::json::parse(coverage_json(given, got));
  EXPECT_EQ(json["runs"].size(), 3u);
  EXPECT_EQ(json["ready"], false);
}

}  // namespace
}  // namespace glacis::learn
