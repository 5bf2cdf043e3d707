// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manager/daemon/control.h"
#include "tests/unit/daemon_fixture.h"

namespace glacis::daemon {
namespace {

class NoAccounts : public Accounts {
 public:
  std::optional<uid_t> user(const std::string&) const override { return std::nullopt; }
  std::optional<gid_t> group(const std::string& name) const override {
    return static_cast<gid_t>(name == "v" ? 1 : name == "o" ? 2 : 3);
  }
};

class DaemonControl : public ::testing::Test {
 protected:
  void SetUp() override {
    machine.files.texts["/own/profiles/a.toml"] = profile_text("a", "audit");
    settle(policies);
    Config config;
    config.roles[1] = {{true, "v"}};
    config.roles[2] = {{true, "o"}};
    config.roles[3] = {{true, "a"}};
    control.set_roles(Roles(config, NoAccounts()));
  }
  Json ask(gid_t group, const std::string& method, const Json& parameters = Json::object(),
           bool more = false) {
    const std::size_t dot = method.rfind('.');
    Call call{"org.glacis.control", method, parameters, false, more};
    if (dot != std::string::npos) {
      call.interface = method.substr(0, dot);
      call.method = method.substr(dot + 1);
    }
    const Answer answer = control.call(1, {10, 1000, {group}}, call);
    then = answer.then;
    if (answer.bytes.empty()) return {};
    return Json::parse(answer.bytes.substr(0, answer.bytes.size() - 1));
  }
  std::string error(const Json& answer) {
    return answer.contains("error") ? answer["error"].get<std::string>() : "";
  }

  static constexpr gid_t nobody = 9, viewer = 1, operators = 2, admin = 3;
  static constexpr const char* not_permitted = "org.glacis.control.NotPermitted";
  Machine machine;
  Policies policies = machine.policies();
  Control control{policies, machine.host, machine.say};
  Answer::Then then = Answer::Then::done;
};

TEST_F(DaemonControl, RolesHoldForEachMethod) {
  const std::pair<const char*, gid_t> least[] = {{"Status", viewer},     {"Monitor", viewer},
                                                 {"Reload", operators},  {"SetMode", operators},
                                                 {"Confirm", operators}, {"Unload", admin}};
  for (const auto& [method, needed] : least)
    for (const gid_t group : {nobody, viewer, operators, admin}) {
      const gid_t rank = group == nobody ? 0 : group;
      const bool refused = error(ask(group, method, {{"name", "none"}})) == not_permitted;
      EXPECT_EQ(refused, rank < needed) << method << " " << group;
    }
  EXPECT_TRUE(machine.host.live.contains("a"));
}

TEST_F(DaemonControl, OperatorMakesNothingWeaker) {
  EXPECT_EQ(error(ask(operators, "SetMode", {{"name", "a"}, {"mode", "observe"}})), not_permitted);
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_AUDIT);
  EXPECT_EQ(error(ask(operators, "SetMode", {{"name", "a"}, {"mode", "enforce"}})), "");
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_ENFORCE);
  EXPECT_EQ(error(ask(admin, "SetMode", {{"name", "a"}, {"mode", "observe"}})), "");
  EXPECT_EQ(machine.evidence.said.back(), "mode a observe control 1000");
}

TEST_F(DaemonControl, OperatorDoesNotKeepAWeakerModeForGood) {
  ASSERT_EQ(
      error(ask(admin, "SetMode", {{"name", "a"}, {"mode", "observe"}, {"confirm_within", 30}})),
      "");
  EXPECT_EQ(error(ask(operators, "Confirm", {{"name", "a"}})), not_permitted);
  EXPECT_EQ(error(ask(operators, "SetMode", {{"name", "a"}, {"mode", "observe"}})), not_permitted);
  machine.clock.time += std::chrono::seconds(30);
  policies.tick();
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_AUDIT);
}

TEST_F(DaemonControl, ParametersAreChecked) {
  const char* invalid = "org.varlink.service.InvalidParameter";
  const Json wrong[] = {
      {{"name", "a"}},
      {{"name", "a"}, {"mode", "off"}},
      {{"name", 5}, {"mode", "enforce"}},
      {{"mode", "enforce"}},
      {{"name", "a"}, {"mode", "enforce"}, {"confirm_within", 0}},
      {{"name", "a"}, {"mode", "enforce"}, {"confirm_within", -1}},
      {{"name", "a"}, {"mode", "enforce"}, {"confirm_within", 1e9}},
      {{"name", "a"}, {"mode", "enforce"}, {"confirm_within", 99999999}},
      {{"name", "a"}, {"mode", "enforce"}, {"other", 1}},
  };
  for (const Json& one : wrong) EXPECT_EQ(error(ask(admin, "SetMode", one)), invalid) << one;
  EXPECT_EQ(error(ask(admin, "Unload", {{"name", 1}})), invalid);
  EXPECT_EQ(error(ask(admin, "Status", {{"name", 1}})), invalid);
  EXPECT_EQ(machine.host.live.at("a").mode, GL_MODE_AUDIT);
}

TEST_F(DaemonControl, StatusTellsWhatIs) {
  ASSERT_EQ(
      error(ask(admin, "SetMode", {{"name", "a"}, {"mode", "enforce"}, {"confirm_within", 30}})),
      "");
  Json status = ask(viewer, "Status")["parameters"];
  EXPECT_TRUE(status["enforcing"].get<bool>());
  EXPECT_EQ(status["domains"][0]["name"], "a");
  EXPECT_EQ(status["profiles"][0]["state"], "in force");
  EXPECT_EQ(status["rollbacks"][0]["to"], "audit");
  EXPECT_EQ(status["rollbacks"][0]["seconds"], 30);
  EXPECT_EQ(status["counters"]["event_lost"], 3);
  machine.host.broken = true;
  control.set_problem("evidence", "the log is read-only");
  status = ask(viewer, "Status")["parameters"];
  EXPECT_FALSE(status["enforcing"].get<bool>());
  EXPECT_EQ(status["problems"], (Json{"no BPF-LSM", "the log is read-only"}));
}

TEST_F(DaemonControl, ReloadIsAnsweredAtItsEnd) {
  machine.files.texts["/own/profiles/b.toml"] = "[";
  ask(operators, "Reload");
  EXPECT_EQ(then, Answer::Then::waits);
  EXPECT_TRUE(policies.busy());
}

TEST_F(DaemonControl, MonitorWantsMore) {
  EXPECT_EQ(error(ask(viewer, "Monitor")), "org.varlink.service.ExpectedMore");
  ask(viewer, "Monitor", {{"domain", "a"}}, true);
  EXPECT_EQ(then, Answer::Then::stream);
}

TEST_F(DaemonControl, DescribesItself) {
  const Json info = ask(nobody, "org.varlink.service.GetInfo")["parameters"];
  EXPECT_EQ(info["interfaces"], (Json{"org.varlink.service", "org.glacis.control"}));
  const Json text = ask(nobody, "org.varlink.service.GetInterfaceDescription",
                        {{"interface", "org.glacis.control"}})["parameters"];
  const auto description = text["description"].get<std::string>();
  for (const char* method : {"Status", "Reload", "SetMode", "Confirm", "Unload", "Monitor"})
    EXPECT_NE(description.find(std::string("method ") + method + "("), std::string::npos);
  EXPECT_EQ(error(ask(admin, "org.example.A")), "org.varlink.service.InterfaceNotFound");
  EXPECT_EQ(error(ask(admin, "Nothing")), "org.varlink.service.MethodNotFound");
}

}  // namespace
}  // namespace glacis::daemon
