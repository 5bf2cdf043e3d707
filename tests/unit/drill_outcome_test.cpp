// SPDX-License-Identifier: Apache-2.0
// What counts as refused by the profile, and what never does.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

#include "manager/drill/outcome.h"

namespace glacis::drill {
namespace {

Try success() {
  Try out;
  out.answered = out.ok = out.effect = true;
  return out;
}

Try refused(int error = EACCES, const char* name = "EACCES") {
  Try out;
  out.answered = true;
  out.error = error;
  out.error_name = name;
  out.stage = "open";
  return out;
}

Record record(const char* error = "EACCES") {
  Record out;
  out.seq = 7;
  out.verdict = "denied";
  out.error_name = error;
  return out;
}

Outcome passing() {
  Outcome out;
  out.control = success();
  out.inside = refused();
  out.records = {record()};
  return out;
}

Verdict judged(Outcome outcome) {
  judge(outcome);
  EXPECT_EQ(outcome.verdict == Verdict::passed, outcome.why.empty()) << outcome.why;
  return outcome.verdict;
}

TEST(DrillOutcome, ARefusalByTheProfilePasses) {
  EXPECT_EQ(judged(passing()), Verdict::passed);
  Outcome capability = passing();
  capability.inside = refused(EPERM, "EPERM");
  capability.records = {record("EPERM")};
  EXPECT_EQ(judged(capability), Verdict::passed);
}

TEST(DrillOutcome, WithoutAControlNothingPasses) {
  for (const auto& spoil :
       {+[](Try& control) { control.answered = false; }, +[](Try& control) { control.ok = false; },
        +[](Try& control) { control.effect = false; },
        +[](Try& control) { control.untried = true; }, +[](Try& control) { control.seen = false; },
        +[](Try& control) { control.trouble = "no decoy"; }}) {
    Outcome outcome = passing();
    spoil(outcome.control);
    EXPECT_EQ(judged(outcome), Verdict::not_tried);
  }
}

TEST(DrillOutcome, WhatIsNotOursDoesNotPass) {
  Outcome outcome = passing();
  outcome.records.clear();
  EXPECT_EQ(judged(outcome), Verdict::not_tried) << "refused by somebody else";
  outcome = passing();
  outcome.records = {record("EPERM")};
  EXPECT_EQ(judged(outcome), Verdict::not_tried) << "the record is of another refusal";
  outcome.records = {record()};
  outcome.records[0].verdict = "would_deny";
  EXPECT_EQ(judged(outcome), Verdict::not_tried);
  outcome = passing();
  outcome.inside = refused(ENOENT, "ENOENT");
  EXPECT_EQ(judged(outcome), Verdict::not_tried) << "failed before policy";
  outcome.inside->untried = true;
  EXPECT_EQ(judged(outcome), Verdict::not_tried);
  outcome.inside = std::nullopt;
  EXPECT_EQ(judged(outcome), Verdict::not_tried);
  outcome.inside = Try{};
  EXPECT_EQ(judged(outcome), Verdict::not_tried) << "no answer";
  outcome.inside->trouble = "glacis-act gave no answer";
  EXPECT_EQ(judged(outcome), Verdict::not_tried);
}

TEST(DrillOutcome, WhatHappenedIsGrantedWhateverElseIsSaid) {
  Outcome outcome = passing();
  outcome.inside = success();
  EXPECT_EQ(judged(outcome), Verdict::granted);
  outcome = passing();
  outcome.inside->seen = true;
  EXPECT_EQ(judged(outcome), Verdict::granted) << "the effect is there though a record says no";
  outcome.inside = Try{};
  outcome.inside->seen = true;
  outcome.inside->trouble = "glacis-act gave no answer";
  EXPECT_EQ(judged(outcome), Verdict::granted);
  outcome.inside = success();
  outcome.inside->effect = false;
  EXPECT_EQ(judged(outcome), Verdict::granted) << "the call succeeded";
}

TEST(DrillOutcome, AKillNeedsItsRecord) {
  Outcome outcome = passing();
  outcome.inside = Try{};
  outcome.inside->answered = true;
  outcome.inside->signal = SIGKILL;
  EXPECT_EQ(judged(outcome), Verdict::not_tried);
  outcome.records[0].killed = true;
  EXPECT_EQ(judged(outcome), Verdict::passed);
  outcome.inside->signal = SIGSEGV;
  EXPECT_EQ(judged(outcome), Verdict::not_tried);
}

TEST(DrillOutcome, TheProgramsWordIsNotTrusted) {
  const Try good = parse_try(
      R"({"act":"x","id":"s1","ok":false,"errno":13,"errno_name":"EACCES","effect":false,"stage":"open"})",
      "s1");
  EXPECT_TRUE(good.answered);
  EXPECT_EQ(good.error, EACCES);
  EXPECT_FALSE(parse_try(R"({"id":"s1","ok":true})", "s2").answered) << "of another act";
  for (const char* bad : {"", "{", "[]", "7", R"({"ok":true})", R"({"id":7})"})
    EXPECT_FALSE(parse_try(bad, "s1").answered) << bad;
  const Try odd = parse_try(R"({"id":"s1","ok":1,"errno":-5,"detail":"\u001b[2J"})", "s1");
  EXPECT_FALSE(odd.ok);
  EXPECT_EQ(odd.error, 0);
  EXPECT_EQ(odd.detail, "\\x1b[2J");
}

TEST(DrillOutcome, RecordsNameTheirRule) {
  const Json event = Json::parse(
      R"({"seq":9,"verdict":"denied","errno":"EACCES","owner":"web","grade":"compromise",
          "rule":{"id":3,"reason":"rule","file":"nginx.toml","line":66},"blockers":["file.read"],
          "attack":{"techniques":["T1003"]}})");
  const Record by_rule = record_of(event);
  EXPECT_EQ(by_rule.rule, "nginx.toml:66");
  EXPECT_EQ(by_rule.blockers, std::vector<std::string>{"file.read"});
  EXPECT_EQ(by_rule.techniques, std::vector<std::string>{"T1003"});
  EXPECT_EQ(record_of(Json::parse(R"({"rule":{"id":0,"reason":"default"}})")).rule, "default");
  EXPECT_EQ(record_of(Json::parse(R"({"rule":{"id":4,"reason":"rule"}})")).rule, "rule 4");
  EXPECT_EQ(record_of(Json::parse(R"({"rule":7,"blockers":"x"})")).rule, "default");
}

}  // namespace
}  // namespace glacis::drill
