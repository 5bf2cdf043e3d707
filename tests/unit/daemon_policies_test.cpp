// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include "manager/base/file.h"
#include "tests/unit/daemon_fixture.h"

namespace glacis::daemon {
namespace {

constexpr const char* own = "/own/profiles/a.toml";
constexpr const char* shipped = "/ship/profiles/a.toml";
const Asker admin{"control", 5, 50, "admin"};

TEST(DaemonPolicies, FileOfTheLastFolderWins) {
  Machine machine;
  machine.files.texts[shipped] = profile_text("a", "observe");
  machine.files.texts[own] = profile_text("a", "enforce");
  auto policies = machine.policies();
  settle(policies);
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_ENFORCE);
  EXPECT_EQ(policies.files().at("a.toml").path, own);
  EXPECT_EQ(machine.evidence.said, std::vector<std::string>{"loaded a enforce test 7"});
}

TEST(DaemonPolicies, EmptyFileKeepsAShippedProfileOut) {
  Machine machine;
  machine.files.texts[shipped] = profile_text("a", "enforce");
  machine.files.texts[own] = "";
  auto policies = machine.policies();
  settle(policies);
  EXPECT_TRUE(machine.host.live.empty());
  EXPECT_EQ(policies.files().at("a.toml").state, FileState::masked);
}

TEST(DaemonPolicies, BrokenFileLeavesTheOldInForceAndSaysSo) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "enforce");
  auto policies = machine.policies();
  settle(policies);
  const auto before = machine.host.live.at("a").digest;
  machine.files.texts[own] = "schema = 1\n[profile]\nname = \"a";  // half a file
  settle(policies, Why::changed);
  EXPECT_EQ(machine.host.live.at("a").digest, before);
  EXPECT_EQ(policies.files().at("a.toml").state, FileState::broken);
  EXPECT_TRUE(machine.was_told("a.toml:3:"));
  machine.files.texts[own] = profile_text("a", "enforce", "/etc/passwd");
  settle(policies, Why::changed);
  EXPECT_NE(machine.host.live.at("a").digest, before);
  EXPECT_EQ(policies.files().at("a.toml").problem, "");
}

TEST(DaemonPolicies, BrokenFileAfterABootLoadsTheKeptImage) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "enforce");
  auto first = machine.policies();
  settle(first);
  machine.host.live.clear();
  machine.clock.name = "second";
  machine.files.texts[own] = "[";
  auto second = machine.policies();
  EXPECT_TRUE(second.start());
  EXPECT_TRUE(second.restore());
  settle(second);
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_ENFORCE);
  EXPECT_EQ(second.files().at("a.toml").name, "a");
  EXPECT_TRUE(second.removed().empty());
}

TEST(DaemonPolicies, TwoProfilesWithTheSameRulesBothComeBack) {
  Machine machine;
  for (const std::string name : {"a", "b"})
    machine.files.texts["/own/profiles/" + name + ".toml"] = profile_text(name, "enforce");
  auto first = machine.policies();
  settle(first);
  machine.host.live.clear();
  machine.clock.name = "second";
  auto second = machine.policies();
  EXPECT_TRUE(second.start());
  EXPECT_TRUE(second.restore());
  EXPECT_EQ(machine.host.live.size(), 2u);
}

TEST(DaemonPolicies, WhatRunsAlreadyIsToldOf) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "enforce");
  machine.host.running = {{41, {"a", "unit a.service"}, false, true, {}},
                          {42, {"a", "unit a.service"}, false, false, "it ended"}};
  auto policies = machine.policies();
  settle(policies);
  EXPECT_TRUE(machine.was_told("process 41 was running (unit a.service) and is bound"));
  EXPECT_TRUE(machine.was_told("process 42 (unit a.service) runs unconfined: it ended"));
}

TEST(DaemonPolicies, ALoadThatCouldNotAdoptSaysSo) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "enforce");
  machine.host.unadoptable = "a";
  auto policies = machine.policies();
  settle(policies);
  EXPECT_EQ(policies.files().at("a.toml").state, FileState::in_force);
  EXPECT_TRUE(machine.was_told("a: what runs already was not looked for: no"));
}

TEST(DaemonPolicies, WhatDidNotChangeIsNotLoadedAgain) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "enforce");
  auto policies = machine.policies();
  settle(policies);
  settle(policies);
  EXPECT_EQ(machine.host.loads, 1);
}

TEST(DaemonPolicies, RemovedFileStaysInForceUntilUnloaded) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "enforce");
  auto policies = machine.policies();
  settle(policies);
  machine.files.texts.clear();
  settle(policies, Why::changed);
  EXPECT_TRUE(machine.host.live.contains("a"));
  EXPECT_EQ(policies.removed(), std::vector<std::string>{"a"});
  EXPECT_TRUE(machine.was_told("its file is gone"));
  EXPECT_TRUE(policies.unload("a", admin));
  EXPECT_FALSE(machine.host.live.contains("a"));
  EXPECT_TRUE(policies.removed().empty());
  EXPECT_EQ(machine.evidence.said.back(), "unloaded a enforce control 5");
  settle(policies, Why::changed);
  machine.files.texts[own] = profile_text("a", "enforce");
  settle(policies, Why::changed);  // the same text, in a file that is new
  EXPECT_TRUE(machine.host.live.contains("a"));
}

TEST(DaemonPolicies, FolderThatCannotBeReadIsNotEmpty) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "enforce");
  auto policies = machine.policies();
  settle(policies);
  machine.files.closed = "/own/profiles";
  settle(policies);
  EXPECT_TRUE(policies.removed().empty());
  EXPECT_EQ(policies.problems().size(), 1u);
}

TEST(DaemonPolicies, UnloadedComesBackWhenAskedOrChanged) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "enforce");
  auto policies = machine.policies();
  settle(policies);
  ASSERT_TRUE(policies.unload("a", admin));
  machine.files.texts["/own/profiles/b.toml"] = profile_text("b", "enforce");
  settle(policies, Why::changed);  // another file
  EXPECT_FALSE(machine.host.live.contains("a"));
  EXPECT_TRUE(machine.host.live.contains("b"));
  EXPECT_TRUE(policies.restore());
  EXPECT_FALSE(machine.host.live.contains("a"));
  settle(policies, Why::asked);
  EXPECT_TRUE(machine.host.live.contains("a"));
}

TEST(DaemonPolicies, FilesWhoseContentCountsAreLookedAtWhenAsked) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "enforce");
  machine.files.texts["/own/profiles/b.toml"] = profile_text("b", "enforce") +
                                                "[[exec.digest]]\npath = \"/x\"\nsha256 = \"" +
                                                std::string(64, '0') + "\"\n";
  auto policies = machine.policies();
  settle(policies);
  EXPECT_EQ(machine.evidence.said.size(), 2u);
  settle(policies, Why::changed);
  EXPECT_EQ(machine.evidence.said.size(), 2u);
  settle(policies, Why::asked);
  ASSERT_EQ(machine.evidence.said.size(), 3u);
  EXPECT_TRUE(machine.evidence.said.back().starts_with("loaded b"));
}

TEST(DaemonPolicies, OneNameInTwoFiles) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "enforce");
  machine.files.texts["/own/profiles/b.toml"] = profile_text("a", "observe");
  auto policies = machine.policies();
  settle(policies);
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_ENFORCE);
  EXPECT_EQ(policies.files().at("b.toml").state, FileState::broken);
  machine.files.texts.erase(own);  // renamed, as it turns out
  settle(policies);
  EXPECT_EQ(policies.files().at("b.toml").state, FileState::in_force);
  EXPECT_TRUE(policies.removed().empty());
}

TEST(DaemonPolicies, ModeByHandStaysUntilTheFileAsksForAnother) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "observe");
  auto policies = machine.policies();
  settle(policies);
  ASSERT_TRUE(policies.set_mode("a", GL_MODE_ENFORCE, std::nullopt, admin));
  machine.files.texts[own] = profile_text("a", "observe", "/etc/passwd");
  settle(policies, Why::changed);
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_ENFORCE);
  machine.files.texts[own] = profile_text("a", "audit", "/etc/passwd");
  settle(policies, Why::changed);
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_AUDIT);
}

TEST(DaemonPolicies, UnconfirmedModeGoesBackInTime) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "observe");
  auto policies = machine.policies();
  settle(policies);
  ASSERT_TRUE(policies.set_mode("a", GL_MODE_ENFORCE, std::chrono::seconds(60), admin));
  machine.clock.time += std::chrono::milliseconds(59'999);
  EXPECT_EQ(policies.tick(), machine.clock.time + std::chrono::milliseconds(1));
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_ENFORCE);
  machine.clock.time += std::chrono::milliseconds(1);
  EXPECT_EQ(policies.tick(), std::nullopt);
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_OBSERVE);
  EXPECT_EQ(machine.evidence.said.back(), "rolled_back a observe glacisd 0");
}

TEST(DaemonPolicies, ConfirmedModeStays) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "observe");
  auto policies = machine.policies();
  settle(policies);
  EXPECT_FALSE(policies.confirm("a", admin));
  ASSERT_TRUE(policies.set_mode("a", GL_MODE_ENFORCE, std::chrono::seconds(60), admin));
  ASSERT_TRUE(policies.confirm("a", admin));
  machine.clock.time += std::chrono::hours(1);
  EXPECT_EQ(policies.tick(), std::nullopt);
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_ENFORCE);
}

TEST(DaemonPolicies, SecondUnconfirmedModeGoesBackToTheFirstBefore) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "observe");
  auto policies = machine.policies();
  settle(policies);
  ASSERT_TRUE(policies.set_mode("a", GL_MODE_AUDIT, std::chrono::seconds(60), admin));
  ASSERT_TRUE(policies.set_mode("a", GL_MODE_ENFORCE, std::chrono::seconds(60), admin));
  machine.clock.time += std::chrono::seconds(60);
  policies.tick();
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_OBSERVE);
}

TEST(DaemonPolicies, RollbackOutlivesTheDaemonAndTheBoot) {
  for (const bool reboot : {false, true}) {
    Machine machine;
    machine.files.texts[own] = profile_text("a", "observe");
    auto first = machine.policies();
    settle(first);
    ASSERT_TRUE(first.set_mode("a", GL_MODE_ENFORCE, std::chrono::seconds(60), admin));
    machine.clock.time = reboot ? std::chrono::seconds(1) : std::chrono::seconds(100);
    if (reboot) machine.clock.name = "second";
    if (reboot) machine.host.live.clear();
    auto second = machine.policies();
    EXPECT_TRUE(second.start());
    EXPECT_TRUE(second.restore());
    EXPECT_EQ(machine.host.live.at("a").mode, reboot ? GL_MODE_OBSERVE : GL_MODE_ENFORCE);
    EXPECT_EQ(second.tick(), std::nullopt);
    EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_OBSERVE);
    settle(second);
    EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_OBSERVE);
  }
}

TEST(DaemonPolicies, NothingIsPromisedThatCannotBeKept) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "observe");
  auto policies = machine.policies();
  settle(policies);
  machine.storage.read_only = true;
  EXPECT_FALSE(policies.set_mode("a", GL_MODE_ENFORCE, std::chrono::seconds(60), admin));
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_OBSERVE);
  EXPECT_EQ(policies.tick(), std::nullopt);
  EXPECT_TRUE(policies.set_mode("a", GL_MODE_ENFORCE, std::nullopt, admin));
  EXPECT_EQ(policies.problems(), std::vector<std::string>{"read-only"});
}

TEST(DaemonPolicies, RollbackThatFailsIsTriedAgain) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "observe");
  auto policies = machine.policies();
  settle(policies);
  ASSERT_TRUE(policies.set_mode("a", GL_MODE_ENFORCE, std::chrono::seconds(60), admin));
  machine.clock.time += std::chrono::seconds(60);
  machine.host.stuck = true;
  const auto again = policies.tick();
  ASSERT_TRUE(again);
  machine.host.stuck = false;
  machine.clock.time = *again;
  EXPECT_EQ(policies.tick(), std::nullopt);
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_OBSERVE);
}

TEST(DaemonPolicies, WithoutAKernelThatCanNothingIsSaidToBeInForce) {
  Machine machine;
  machine.host.broken = true;
  machine.files.texts[own] = profile_text("a", "enforce");
  auto policies = machine.policies();
  settle(policies);
  EXPECT_EQ(policies.files().at("a.toml").state, FileState::broken);
  EXPECT_EQ(policies.files().at("a.toml").problem, "no BPF-LSM");
}

TEST(DaemonPolicies, WhatVanishedComesBack) {
  Machine machine;
  machine.files.texts[own] = profile_text("a", "enforce");
  auto policies = machine.policies();
  settle(policies);
  machine.host.live.clear();  // the pins were removed
  EXPECT_TRUE(policies.restore());
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_ENFORCE);
  EXPECT_TRUE(machine.was_told("nobody unloaded it"));
}

TEST(DaemonState, IsReadBack) {
  State state;
  state.profiles["a"] = {"a.toml", {1, 2, 3}, GL_MODE_AUDIT, GL_MODE_ENFORCE};
  state.rollbacks["b"] = {GL_MODE_OBSERVE, std::chrono::milliseconds(12345), "boot"};
  const auto again = parse_state(to_json(state));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, state);
}

TEST(DaemonState, ForgetsOneProfile) {
  const fs::path path = ::testing::TempDir() + "glacis-state-" + std::to_string(::getpid());
  EXPECT_TRUE(forget("a", path));
  EXPECT_FALSE(fs::exists(path));
  State state;
  state.profiles["a"] = state.profiles["b"] = {"f.toml", {}, GL_MODE_AUDIT, GL_MODE_ENFORCE};
  state.rollbacks["a"] = {GL_MODE_OBSERVE, std::chrono::milliseconds(1), "boot"};
  ASSERT_TRUE(write_file(path, to_json(state)));
  EXPECT_TRUE(forget("a", path));
  state.profiles.erase("a");
  state.rollbacks.clear();
  EXPECT_EQ(parse_state(read_file(path, 4096).value()).value(), state);
  ASSERT_TRUE(write_file(path, "damaged"));
  EXPECT_FALSE(forget("a", path));
  fs::remove(path);
}

TEST(DaemonState, DamageIsNoState) {
  State state;
  state.profiles["a"] = {"a.toml", {}, GL_MODE_AUDIT, GL_MODE_ENFORCE};
  const std::string text = to_json(state);
  EXPECT_FALSE(parse_state(text.substr(0, text.size() / 2)));
  EXPECT_FALSE(parse_state("[]"));
  std::string other = text;
  other.replace(other.find("enforce"), 7, "nothing");
  EXPECT_FALSE(parse_state(other));
}

}  // namespace
}  // namespace glacis::daemon
