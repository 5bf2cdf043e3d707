// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manager/daemon/posture.h"
#include "tests/unit/daemon_fixture.h"

namespace glacis::daemon {
namespace {

// Three domains, each with another answer.
struct DaemonPosture : ::testing::Test {
  DaemonPosture() {
    for (const auto word : profile::evidence_failure_words) {
      const std::string name(word);
      std::string text = profile_text(name, "audit");
      text.insert(text.find("mode"), "on_evidence_failure = \"" + name + "\"\n");
      machine.files.texts["/own/profiles/" + name + ".toml"] = text;
    }
    auto policies = machine.policies();
    settle(policies);
    machine.evidence.said.clear();
    machine.told.clear();
  }
  bool held(const std::string& name) { return machine.host.live.at(name).held; }

  Machine machine;
  Posture posture{machine.host, machine.evidence, machine.say};
};

TEST_F(DaemonPosture, NothingIsDoneWhileTheLogIsWritten) {
  posture.look(false);
  EXPECT_FALSE(held("continue") || held("deny") || held("halt"));
  EXPECT_TRUE(machine.told.empty());
}

TEST_F(DaemonPosture, EachDomainGetsWhatItsProfileSays) {
  posture.look(true);
  EXPECT_FALSE(held("continue"));
  EXPECT_TRUE(held("deny"));
  EXPECT_TRUE(held("halt"));
  EXPECT_EQ(machine.host.ended, std::vector<std::string>{"halt"});
  EXPECT_TRUE(machine.was_told("deny: everything is refused"));
  EXPECT_TRUE(machine.was_told("halt: 1 process is killed"));
}

TEST_F(DaemonPosture, WhatIsStartedMeanwhileIsKilledToo) {
  posture.look(true);
  posture.look(true);
  EXPECT_EQ(machine.host.ended.size(), 2u);
}

TEST_F(DaemonPosture, IsLetGoOnceTheLogIsWrittenAgain) {
  posture.look(true);
  posture.look(false);
  EXPECT_FALSE(held("deny") || held("halt"));
  EXPECT_EQ(machine.evidence.said, (std::vector<std::string>{"released deny audit glacisd 0",
                                                             "released halt audit glacisd 0"}));
}

TEST_F(DaemonPosture, TheNextDaemonLetsGoWhatTheLastOneHeld) {
  posture.look(true);
  Posture next(machine.host, machine.evidence, machine.say);
  next.look(false);
  EXPECT_FALSE(held("deny") || held("halt"));
}

TEST_F(DaemonPosture, WhatCannotBeHeldIsToldAndTriedAgain) {
  machine.host.stuck = true;
  posture.look(true);
  EXPECT_EQ(posture.problem(), "deny: stuck");
  machine.host.stuck = false;
  posture.look(true);
  EXPECT_EQ(posture.problem(), "");
  EXPECT_TRUE(held("deny"));
}

TEST_F(DaemonPosture, WhereDomainsCannotBeReadItIsToldAndTriedAgain) {
  machine.host.blind = true;
  posture.look(true);
  EXPECT_EQ(posture.problem(), "cannot read map `domains`");
  machine.host.blind = false;
  posture.look(true);
  EXPECT_EQ(posture.problem(), "");
  EXPECT_TRUE(held("deny"));
}

TEST_F(DaemonPosture, WhatCannotBeLetGoIsTriedAgain) {
  posture.look(true);
  machine.host.stuck = true;
  posture.look(false);
  EXPECT_TRUE(held("deny"));
  machine.host.stuck = false;
  posture.look(false);
  EXPECT_FALSE(held("deny"));
}

}  // namespace
}  // namespace glacis::daemon
