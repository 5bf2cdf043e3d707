// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manager/daemon/config.h"
#include "manager/daemon/roles.h"
#include "manager/diag/render.h"

namespace glacis::daemon {
namespace {

struct Parsed {
  std::optional<Config> config;
  std::string said;
};

Parsed parse(const std::string& text) {
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  Parsed out;
  out.config = parse_config("glacis.toml", text, diagnostics, sources);
  out.said = diag::render_concise(diagnostics, sources);
  return out;
}

class FakeAccounts : public Accounts {
 public:
  std::optional<uid_t> user(const std::string& name) const override {
    return name == "alice" ? std::optional<uid_t>(1000) : std::nullopt;
  }
  std::optional<gid_t> group(const std::string& name) const override {
    if (name == "glacis") return 500;
    return name == "ops" ? std::optional<gid_t>(600) : std::nullopt;
  }
};

TEST(DaemonConfig, WhatIsNotSaidIsStrict) {
  const auto parsed = parse("schema = 1\n");
  ASSERT_TRUE(parsed.config);
  EXPECT_EQ(parsed.config->on_no_lsm, OnNoLsm::fail);
  EXPECT_EQ(Roles(*parsed.config, FakeAccounts()).of({1, 1000, {500}}), Role::none);
}

TEST(DaemonConfig, TakesWhatOthersReadOfTheSameFile) {
  const auto parsed = parse(
      "schema = 1\n[daemon]\non_no_lsm = \"report\"\n[oci]\ntimeout = 5\n"
      "[notify]\nowner = \"x\"\n[[sink]]\nname = \"a\"\nkind = \"audit\"\n[[route]]\nto = \"a\"\n");
  ASSERT_TRUE(parsed.config) << parsed.said;
  EXPECT_EQ(parsed.config->on_no_lsm, OnNoLsm::report);
}

TEST(DaemonConfig, FaultsHaveTheirPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"schema = 1\n[daemon]\non_no_lsm = \"ignore\"\n", "glacis.toml:3:13: error[GL201]"},
      {"schema = 1\n[roles]\nviewer = [\"group:a\", \"bob\"]\n", "glacis.toml:3:22: error[GL115]"},
      {"schema = 1\n[roles]\nadmins = \"user:a\"\n", "glacis.toml:3:1: error[GL106]"},
      {"schema = 1\n[roles]\nadmin = 5\n", "glacis.toml:3:9: error[GL107]"},
      {"schema = 2\n", "glacis.toml:1:10: error[GL109]"},
      {"[daemon]\n", "glacis.toml:1:1: error[GL108]"},
      {"schema = 1\n[roles\n", "error[GL101]"},
      {"schema = 1\nroles = 3\n", "glacis.toml:2:1: error[GL107]"},
  };
  for (const auto& [text, place] : cases) {
    const auto parsed = parse(text);
    EXPECT_FALSE(parsed.config) << text;
    EXPECT_NE(parsed.said.find(place), std::string::npos) << text << parsed.said;
  }
}

TEST(DaemonRoles, TheHighestCounts) {
  const auto parsed = parse(
      "schema = 1\n[daemon]\non_no_lsm = \"report\"\n[roles]\nviewer = \"group:glacis\"\n"
      "operator = [\"group:ops\"]\nadmin = [\"user:alice\", \"user:nobody-here\"]\n");
  ASSERT_TRUE(parsed.config) << parsed.said;
  EXPECT_EQ(parsed.config->on_no_lsm, OnNoLsm::report);
  const Roles roles(*parsed.config, FakeAccounts());
  EXPECT_EQ(roles.of({1, 0, {0}}), Role::admin);
  EXPECT_EQ(roles.of({1, 1000, {1000}}), Role::admin);
  EXPECT_EQ(roles.of({1, 1001, {500, 600}}), Role::operator_);
  EXPECT_EQ(roles.of({1, 1001, {500}}), Role::viewer);
  EXPECT_EQ(roles.of({1, 1001, {1001}}), Role::none);
  EXPECT_EQ(roles.of({1, 500, {1001}}), Role::none);  // a user is no group
  EXPECT_EQ(roles.unknown(), std::vector<std::string>{"user:nobody-here"});
}

}  // namespace
}  // namespace glacis::daemon
