// SPDX-License-Identifier: Apache-2.0
// From a refusal to a change that the project's own compiler takes, and that the
// core then allows.
#include <gtest/gtest.h>

#include "manager/learn/why.h"
#include "manager/profile/load.h"
#include "manager/sim/event.h"

namespace glacis::learn {
namespace {

using Json = nlohmann::ordered_json;

Result<profile::ResolvedProfile> load_profile(const std::string& rules,
                                              const std::string& drop_in = {}) {
  profile::MemoryFiles files;
  files.add("/p/web.toml", "schema = 1\n[profile]\nname = \"web\"\n" + rules);
  if (!drop_in.empty()) files.add("/p/web.toml.d/70-record-7.toml", drop_in);
  profile::LoadOptions options;
  options.files = &files;
  options.lint = false;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  auto out = profile::load_profile("/p/web.toml", options, diagnostics, sources);
  if (out) return std::move(*out);
  std::string what;
  for (const auto& one : diagnostics.all()) what += one.message + "\n";
  return fail(Exit::usage, what + drop_in);
}

Why ask(const Json& record, const std::string& rules) {
  const auto profile = load_profile(rules);
  EXPECT_TRUE(profile.has_value());
  if (!profile) return {};
  auto out =
      why(record, *profile, [&](const std::string& text) { return load_profile(rules, text); });
  EXPECT_TRUE(out.has_value()) << out.error().what;
  return out ? std::move(*out) : Why{};
}

Json refusal(const std::string& blocker, Json object) {
  return {{"schema", "glacis.event/1"},
          {"seq", 7u},
          {"time", "2026-11-23T16:19:02.114837Z"},
          {"verdict", "denied"},
          {"domain", "web"},
          {"rule", {{"id", 0}, {"reason", "default"}}},
          {"blockers", Json::array({blocker})},
          {"hook", "some_hook"},
          {"subject", {{"exe", "/usr/sbin/web"}, {"fsuid", 33}}},
          {"object", std::move(object)}};
}

Json file(const std::string& path) {
  return {{"kind", "file"}, {"path", path}, {"ending", "rooted"}, {"owner", 0}};
}

std::vector<std::string> texts(const std::vector<sim::Request>& requests) {
  std::vector<std::string> out;
  for (const sim::Request& one : requests) out.push_back(sim::to_text(one));
  return out;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Why, AFileIsGrantedByItsPathAndNothingElse) {
  const Why got = ask(refusal("file.read", file("/etc/web.conf")), "");
  EXPECT_EQ(got.impossible, "");
  EXPECT_FALSE(got.allowed);
  EXPECT_TRUE(holds(got.drop_in, "[[file]]\npath = \"/etc/web.conf\"\naccess = [\"read\"]\n"))
      << got.drop_in;
  ASSERT_EQ(got.differences.size(), 1u);
  EXPECT_EQ(got.differences[0].effect, profile::Effect::wider);
  EXPECT_EQ(got.differences[0].subject, "file \"/etc/web.conf\"");
  EXPECT_TRUE(got.also.empty());
  EXPECT_TRUE(got.denials.empty());
}

TEST(Why, OnlyTheMissingAccess) {
  Json record = refusal("file.read", file("/srv/a"));
  record["blockers"].push_back("file.lock");
  const Why got = ask(record, "[[file]]\npath = \"/srv/*\"\naccess = [\"read\"]\n");
  EXPECT_TRUE(holds(got.drop_in, "access = [\"lock\"]\n")) << got.drop_in;
}

TEST(Why, WhatIsGrantedNowNeedsNoChange) {
  const Why got = ask(refusal("file.read", file("/srv/a")),
                      "[[file]]\npath = \"/srv/*\"\naccess = [\"read\"]\n");
  EXPECT_TRUE(got.allowed);
  EXPECT_EQ(got.drop_in, "");
}

TEST(Why, ADenialWinsOverAGrant) {
  const std::string denial = "[[file]]\ndeny = \"/etc/shadow*\"\naccess = [\"read\"]\n";
  const Why bare = ask(refusal("file.read", file("/etc/shadow")), denial);
  ASSERT_EQ(bare.denials.size(), 1u) << bare.impossible;
  EXPECT_TRUE(holds(bare.denials[0].place, "web.toml:5")) << bare.denials[0].place;
  EXPECT_TRUE(holds(bare.drop_in, "path = \"/etc/shadow\"")) << bare.drop_in;
  // What another rule grants already needs the narrowing alone.
  const Why granted = ask(refusal("file.read", file("/etc/shadow")),
                          denial + "[[file]]\npath = \"/etc/*\"\naccess = [\"read\"]\n");
  EXPECT_EQ(granted.denials.size(), 1u);
  EXPECT_EQ(granted.drop_in, "");
  ASSERT_EQ(granted.differences.size(), 1u);
  EXPECT_EQ(granted.differences[0].change, profile::Change::removed);
  EXPECT_EQ(granted.differences[0].effect, profile::Effect::wider);
}

TEST(Why, HostileNamesStayNames) {
  const Why got = ask(
      refusal("file.write", file("/tmp/a\\n[capability]\\nallow = \\x5b\"sys_admin\"]*\\x1b[31m")),
      "");
  EXPECT_EQ(got.impossible, "");
  ASSERT_EQ(got.differences.size(), 1u);
  EXPECT_FALSE(holds(got.drop_in, "\n[capability]")) << got.drop_in;
  EXPECT_FALSE(holds(got.drop_in, "\x1b"));
  // The language's `write` holds more than the access that was refused.
  EXPECT_FALSE(got.also.empty());
}

TEST(Why, AHostileTimeEndsNoComment) {
  Json record = refusal("file.read", file("/a"));
  record["time"] = "x\n[capability]\nallow = [\"sys_admin\"]";
  const Why got = ask(record, "");
  EXPECT_EQ(got.differences.size(), 1u);
  EXPECT_FALSE(holds(got.drop_in, "\n[capability]")) << got.drop_in;
}

TEST(Why, WordsOfOtherClasses) {
  const std::pair<Json, std::string_view> cases[] = {
      {refusal("capability.sys_nice", {{"kind", "capability"}}),
       "[capability]\nallow = [\"sys_nice\"]"},
      {refusal("memory.exec_anon", {{"kind", "memory"}}), "[memory]\nallow = [\"exec_anon\"]"},
      {refusal("kernel.io_uring", {{"kind", "kernel"}}), "[kernel]\nallow = [\"io_uring\"]"},
      {refusal("file.read", {{"kind", "file"}, {"ending", "unlinked"}}),
       "object = [\"unlinked\"]\naccess = [\"read\"]"},
      {refusal("file.unix_connect", file("/run/x.sock")),
       "[[net]]\nop = [\"connect\"]\nunix = \"/run/x.sock\""},
      {refusal("file.execute", file("/usr/bin/id")), "[exec]\nallow = \"/usr/bin/id\""},
      {refusal("task.signal", {{"kind", "task"}, {"profile", "unconfined"}, {"signal", "term"}}),
       "peer = \"unconfined\"\naccess = [\"signal\"]\nsignals = [\"term\"]"},
  };
  for (const auto& [record, text] : cases) {
    const Why got = ask(record, "");
    EXPECT_EQ(got.impossible, "") << text;
    EXPECT_TRUE(holds(got.drop_in, text)) << got.drop_in;
    EXPECT_FALSE(got.differences.empty()) << text;
  }
}

TEST(Why, AnAddressAlsoGrantsTheSocket) {
  const Why got = ask(refusal("net.connect", {{"kind", "socket"},
                                              {"family", "inet"},
                                              {"socket", "tcp"},
                                              {"op", "connect"},
                                              {"address", "192.0.2.1"},
                                              {"port", 443u}}),
                      "");
  EXPECT_TRUE(holds(got.drop_in, "to = \"192.0.2.1\"\ntcp = [443]"))
      << got.impossible << got.drop_in;
  EXPECT_EQ(texts(got.also), std::vector<std::string>{"socket tcp"});
}

TEST(Why, AnOpenForExecutionIsAskedAboutItself) {
  Json record = refusal("file.execute", file("/usr/bin/id"));
  record["hook"] = "file_open";
  const Why got = ask(record, "");
  EXPECT_EQ(texts(got.asked).size(), 1u);
  EXPECT_TRUE(holds(got.drop_in, "[exec]")) << got.drop_in;
}

TEST(Why, WhatNoChangeAllows) {
  Json ungrantable = refusal("file.read", file("/a"));
  ungrantable["rule"]["reason"] = "ungrantable";
  Json cut = refusal("file.read", file("/a"));
  cut["object"]["path_cut"] = true;
  for (const Json& record :
       {ungrantable, cut, refusal("net.connect", {{"kind", "socket"}, {"op", "connect"}}),
        refusal("x", {{"kind", "new"}}), Json(Json::object())}) {
    const Why got = ask(record, "");
    EXPECT_NE(got.impossible, "") << record.dump();
    EXPECT_EQ(got.drop_in, "");
  }
}

}  // namespace
}  // namespace glacis::learn
