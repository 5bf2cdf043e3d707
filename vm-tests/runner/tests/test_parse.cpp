// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "vm-tests/runner/profile_text.h"
#include "vm-tests/runner/scenario.h"

namespace glacis::scenario {
namespace {

constexpr std::string_view kTwo = R"(# a comment
AREA file
PROFILE <<END
[[file]]
path = ["@DIR@/a"]
access = ["read"]
END
NAME one
TIER smoke
KERNEL >=6.2
REQUIRES test -e /dev/null
SETUP echo x > @DIR@/a && \
   echo y
SETUP true
SERVE --tcp 8080 --log @DIR@/log
ACT file.read "@DIR@/a b"
EXPECT errno EACCES EPERM
EXPECT_EVENT verdict=denied hook~open
EXPECT_NO_EFFECT test -e @DIR@/b
CLEANUP true
NAME two
ACT stress.opens @DIR@/a 100
EXPECT ok
EXPECT_COUNT refused == 0
EXPECT_NO_EVENT
CONTROL none: it needs none
)";

std::string error_of(std::string_view text) {
  const auto parsed = parse_scenarios(text, "x.scn");
  return parsed ? "" : parsed.error().what;
}

std::string minimal(std::string_view extra) {
  return "NAME n\nAREA a\nPROFILE <<E\nE\nACT task.nothing\nEXPECT ok\n" + std::string(extra);
}

TEST(ScenarioParse, ReadsEveryDirective) {
  const auto parsed = parse_scenarios(kTwo, "dir/x.scn");
  ASSERT_TRUE(parsed) << parsed.error().what;
  ASSERT_EQ(parsed->size(), 2u);
  const Scenario& one = (*parsed)[0];
  EXPECT_EQ(one.name, "one");
  EXPECT_EQ(one.area, "file");
  EXPECT_EQ(one.line, 8);
  EXPECT_TRUE(one.smoke);
  EXPECT_EQ(one.kernels.size(), 1u);
  EXPECT_EQ(one.needs, std::vector<std::string>{"test -e /dev/null"});
  EXPECT_EQ(one.setup, (std::vector<std::string>{"echo x > @DIR@/a && echo y", "true"}));
  EXPECT_EQ(one.serve.size(), 4u);
  EXPECT_EQ(one.act, "file.read \"@DIR@/a b\"");
  EXPECT_EQ(one.outcome, Outcome::refused);
  EXPECT_EQ(one.errnos, (std::vector<std::string>{"EACCES", "EPERM"}));
  ASSERT_EQ(one.events.size(), 1u);
  EXPECT_EQ(one.events[0][0].key, "verdict");
  EXPECT_FALSE(one.events[0][0].contains);
  EXPECT_TRUE(one.events[0][1].contains);
  EXPECT_EQ(one.cleanup.size(), 1u);
}

TEST(ScenarioParse, DefaultsOfTheFileReachEachScenarioAndNothingElseDoes) {
  const auto parsed = parse_scenarios(kTwo, "x.scn");
  ASSERT_TRUE(parsed);
  const Scenario& two = (*parsed)[1];
  EXPECT_EQ(two.area, "file");
  EXPECT_EQ(two.profile, (*parsed)[0].profile);
  EXPECT_FALSE(two.smoke);
  EXPECT_TRUE(two.setup.empty());
  EXPECT_EQ(two.outcome, Outcome::ok);
  ASSERT_EQ(two.counts.size(), 1u);
  EXPECT_EQ(two.counts[0].op, "==");
  ASSERT_EQ(two.no_events.size(), 1u);
  EXPECT_TRUE(two.no_events[0].empty());
  EXPECT_EQ(two.no_control, "it needs none");
}

TEST(ScenarioParse, SaysWhereAFileIsWrong) {
  EXPECT_EQ(error_of("AREA x\nNAMES y\n"), "x.scn:2: unknown directive NAMES");
  EXPECT_EQ(error_of("NAME n\nEXPECT maybe\n"),
            "x.scn:2: EXPECT is ok, refused, killed, or errno and names as EACCES");
  EXPECT_EQ(error_of("NAME n\nAREA a\nEXPECT ok\n"), "x.scn:1: scenario n has no ACT");
  EXPECT_EQ(error_of("PROFILE <<END\nname\n"), "x.scn:1: PROFILE is not ended by END");
  EXPECT_NE(error_of(minimal("ACT again\n")), "");
  EXPECT_NE(error_of(minimal("EXPECT refused\n")), "");
  EXPECT_NE(error_of(minimal("KERNEL 6.2\n")), "");
  EXPECT_NE(error_of(minimal("TIER some\n")), "");
  EXPECT_NE(error_of(minimal("CONTROL none:\n")), "");
  EXPECT_NE(error_of(minimal("CONTROL no\n")), "");
  EXPECT_NE(error_of(minimal("EXPECT_COUNT a = 1\n")), "");
  EXPECT_NE(error_of(minimal("EXPECT_EVENT verdict\n")), "");
  EXPECT_NE(error_of(minimal("SETUP\n")), "");
  EXPECT_NE(error_of(minimal("") + minimal("")), "");
  EXPECT_EQ(error_of(minimal("")), "");
}

TEST(ScenarioParse, Words) {
  EXPECT_EQ(split_words("a  'b c' \"d\\\" e\" f\\ g \"\""),
            (std::vector<std::string>{"a", "b c", "d\" e", "f g", ""}));
  EXPECT_TRUE(split_words("  ").empty());
}

bool fits(std::string_view release, std::string_view bound) {
  const auto parsed = parse_scenarios(minimal("KERNEL " + std::string(bound) + "\n"), "x");
  return kernel_fits(release, parsed->at(0).kernels);
}

TEST(ScenarioParse, KernelBounds) {
  EXPECT_TRUE(fits("6.12.117+deb13-amd64", ">=6.2"));
  EXPECT_FALSE(fits("6.1.0-50-amd64", ">=6.2"));
  EXPECT_TRUE(fits("6.1.0-50-amd64", "==6.1"));
  EXPECT_TRUE(fits("6.1.0-50-amd64", "<6.2"));
  EXPECT_FALSE(fits("7.2.13", "<= 6.12"));
  EXPECT_TRUE(fits("7.2.13", ">6.12"));
}

const Names kNames{"/w/d", "/w/act", "scn-1"};

TEST(ScenarioProfile, GetsWhatItLacks) {
  EXPECT_EQ(compose_profile("[[file]]\npath = \"@DIR@/a\"\n", kNames),
            "schema = 1\ninclude = [\"abstractions/base\"]\n"
            "[profile]\nname = \"scn-1\"\nmode = \"enforce\"\n"
            "[exec]\nallow = [\"/w/act\"]\n"
            "[[file]]\npath = \"/w/d/a\"\n");
}

TEST(ScenarioProfile, KeepsWhatItHas) {
  EXPECT_EQ(compose_profile("include = []\n[profile]\nname = \"@NAME@\"\nmode = \"audit\"\n"
                            "[exec]\nallow = [\"@ACT@\", \"/bin/true\"]\n",
                            kNames),
            "schema = 1\ninclude = []\n[profile]\nname = \"scn-1\"\nmode = \"audit\"\n"
            "[exec]\nallow = [\"/w/act\", \"/bin/true\"]\n");
}

}  // namespace
}  // namespace glacis::scenario
