// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "vm-tests/runner/command.h"
#include "vm-tests/runner/events.h"
#include "vm-tests/runner/expect.h"

namespace glacis::scenario {
namespace {

const Json kDenied = Json::parse(R"({"act":"file.read","ok":false,"errno":13,
  "errno_name":"EACCES","effect":false,"counts":{"refused":3}})");
const Json kDone = Json::parse(R"({"act":"file.read","ok":true,"errno":0,"errno_name":"",
  "effect":true})");

const Json kRecord = Json::parse(R"({"seq":7,"verdict":"denied","mode":"enforce","domain":"d",
  "hook":"file_open","blockers":["file.read","file.write"],
  "rule":{"id":2,"reason":"rule","line":2},
  "subject":{"uid":33},"object":{"kind":"file","path":"/etc/shadow"}})");

Scenario expecting(Outcome outcome, std::vector<std::string> errnos = {}) {
  Scenario scenario;
  scenario.outcome = outcome;
  scenario.errnos = std::move(errnos);
  return scenario;
}

TEST(ScenarioExpect, Outcomes) {
  EXPECT_EQ(check_outcome(expecting(Outcome::ok), kDone), "");
  EXPECT_EQ(check_outcome(expecting(Outcome::refused), kDenied), "");
  EXPECT_EQ(check_outcome(expecting(Outcome::refused, {"EPERM", "EACCES"}), kDenied), "");
  EXPECT_EQ(check_outcome(expecting(Outcome::refused, {"EPERM"}), kDenied),
            "errno is EACCES and not EPERM");
  EXPECT_EQ(check_outcome(expecting(Outcome::ok), kDenied), "it failed");
  EXPECT_EQ(check_outcome(expecting(Outcome::refused), kDone), "the side effect happened");
  EXPECT_EQ(check_outcome(expecting(Outcome::killed), Json{{"signal", 9}}), "");
  EXPECT_NE(check_outcome(expecting(Outcome::killed), kDenied), "");
}

TEST(ScenarioExpect, ARefusalWhoseEffectHappenedIsNone) {
  Json half = kDenied;
  half["effect"] = true;
  EXPECT_NE(check_outcome(expecting(Outcome::refused), half), "");
}

TEST(ScenarioExpect, WhatCouldNotBeTriedProvesNothing) {
  const Json untried = {{"ok", false}, {"effect", false}, {"untried", true}, {"detail", "why"}};
  EXPECT_EQ(check_outcome(expecting(Outcome::refused), untried), "could not be tried: why");
  EXPECT_EQ(check_control(untried), "could not be tried: why");
}

TEST(ScenarioExpect, Counts) {
  Scenario scenario;
  scenario.counts = {{"refused", "==", 3}, {"refused", ">", 2}, {"refused", "!=", 0}};
  EXPECT_EQ(check_counts(scenario, kDenied), "");
  scenario.counts = {{"refused", "<", 3}};
  EXPECT_EQ(check_counts(scenario, kDenied), "refused is 3, not < 3");
  scenario.counts = {{"other", "==", 0}};
  EXPECT_NE(check_counts(scenario, kDenied), "");
}

bool has(EventCheck check) { return matches(check, kRecord, "first line\ndeny = [\"x\"]\n"); }

TEST(ScenarioExpect, EventFields) {
  EXPECT_TRUE(has({{"verdict", "denied"}, {"hook", "file_open"}}));
  EXPECT_TRUE(has({{"blocker", "file.write"}}));
  EXPECT_TRUE(has({{"rule", "rule"}, {"object", "/etc/shadow"}}));
  EXPECT_TRUE(has({{"object", "shadow", true}}));
  EXPECT_TRUE(has({{"subject.uid", "33"}}));
  EXPECT_TRUE(has({{"rule_text", "deny", true}}));
  EXPECT_TRUE(has({}));
  EXPECT_FALSE(has({{"blocker", "file.unlink"}}));
  EXPECT_FALSE(has({{"verdict", "denied"}, {"hook", "mmap_file"}}));
  EXPECT_FALSE(has({{"subject.nothing", "33"}}));
  EXPECT_FALSE(has({{"object", "shadow"}}));
}

TEST(ScenarioExpect, RecordsAreLinesOrOneArray) {
  const auto lines = parse_records("{\"seq\":1}\n{\"seq\":4}\n");
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->size(), 2u);
  const auto array = parse_records("[{\"seq\":1},{\"seq\":2}]\n");
  ASSERT_TRUE(array);
  EXPECT_EQ(array->size(), 2u);
  EXPECT_FALSE(parse_records("not json\n"));
}

TEST(ScenarioEvents, ARepeatIsAsGoodAsARecord) {
  const Json first = Json::parse(R"({"seq":1})");
  const Json again = Json::parse(R"({"seq":1,"repeats":{"count":2}})");
  const Json second = Json::parse(R"({"seq":2})");
  Events events;
  EXPECT_EQ(events.fresh({first}).size(), 1u);
  events.remember({first});
  EXPECT_EQ(events.fresh({first}).size(), 0u);
  EXPECT_EQ(events.fresh({again, second}).size(), 2u);
  events.remember({again, second});
  EXPECT_EQ(events.fresh({again, second}).size(), 0u);
  events.forget();
  EXPECT_EQ(events.fresh({again, second}).size(), 2u);
}

}  // namespace
}  // namespace glacis::scenario
