// SPDX-License-Identifier: Apache-2.0
// A decision as the kernel tells it, asked of another profile.
#include <gtest/gtest.h>

#include "manager/learn/candidate.h"
#include "manager/profile/load.h"
#include "manager/sim/event.h"

namespace glacis::learn {
namespace {

using Json = nlohmann::ordered_json;

Change change(const Json& record, bool allowed, const std::string& rules) {
  profile::MemoryFiles files;
  files.add("/p/web.toml", "schema = 1\n[profile]\nname = \"web\"\n" + rules);
  profile::LoadOptions options;
  options.files = &files;
  options.lint = false;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  const auto profile = profile::load_profile("/p/web.toml", options, diagnostics, sources);
  EXPECT_TRUE(profile.has_value());
  const auto matcher = Matcher::of(*profile);
  EXPECT_TRUE(matcher.has_value());
  return compare(record, allowed, *matcher, "web").change;
}

Json decision(const std::string& hook, const Json& blockers, Json object) {
  return {{"schema", "glacis.event/1"},
          {"seq", 7u},
          {"time", "2026-11-23T16:19:02.114837Z"},
          {"domain", "web"},
          {"rule", {{"id", 3}, {"reason", "rule"}}},
          {"blockers", blockers},
          {"hook", hook},
          {"subject", {{"exe", "/usr/sbin/web"}, {"fsuid", 33u}}},
          {"object", std::move(object)}};
}

Json file_event(const std::string& path) {
  return {{"kind", "file"}, {"path", path}, {"ending", "rooted"}, {"owner", 0u}};
}

const std::string kReads = "[[file]]\npath = \"/srv/**\"\naccess = [\"read\"]\n";

TEST(Candidate, SaysWhatChanges) {
  const Json read = decision("file_open", {"file.read"}, file_event("/srv/a"));
  EXPECT_EQ(change(read, true, kReads), Change::none);
  EXPECT_EQ(change(read, false, kReads), Change::allowed);
  EXPECT_EQ(change(read, true, ""), Change::refused);
  EXPECT_EQ(change(read, false, ""), Change::none);
}

TEST(Candidate, AsksForEveryAccessAtOnce) {
  const Json both = decision("file_open", {"file.read", "file.write"}, file_event("/srv/a"));
  EXPECT_EQ(change(both, true, kReads), Change::refused);
  EXPECT_EQ(change(both, false, kReads), Change::none);
}

TEST(Candidate, AsksByOwner) {
  const std::string own = "[[file]]\npath = \"/srv/**\"\naccess = [\"read\"]\nowner = \"self\"\n";
  Json object = file_event("/srv/a");
  EXPECT_EQ(change(decision("file_open", {"file.read"}, object), true, own), Change::refused);
  object["owner"] = 33u;
  EXPECT_EQ(change(decision("file_open", {"file.read"}, object), true, own), Change::none);
}

// A program that is run is decided where it is run, as exec or as a transition.
TEST(Candidate, AsksForAProgramOnce) {
  const std::string runs = "[exec]\nallow = [\"/usr/bin/tool\"]\n";
  const Json opened = decision("file_open", {"file.map_exec"}, file_event("/usr/bin/tool"));
  EXPECT_EQ(change(opened, true, ""), Change::elsewhere);
  const Json run = decision("bprm_check_security", {"file.execute"}, file_event("/usr/bin/tool"));
  EXPECT_EQ(change(run, true, runs), Change::none);
  EXPECT_EQ(change(run, true, ""), Change::refused);
  const std::string moves = "[[exec.transition]]\npath = \"/usr/bin/tool\"\nto = \"tool\"\n";
  EXPECT_EQ(change(run, true, moves), Change::none);
  EXPECT_EQ(change(run, false, moves), Change::allowed);
}

TEST(Candidate, AsksOtherKinds) {
  const Json connect = decision("socket_connect", {"net.connect"},
                                {{"kind", "socket"},
                                 {"op", "connect"},
                                 {"socket", "tcp"},
                                 {"address", "10.0.0.1"},
                                 {"port", 80u}});
  EXPECT_EQ(change(connect, true, ""), Change::refused);
  EXPECT_EQ(change(connect, true, "[[net]]\nop = \"connect\"\nto = \"10.0.0.0/8\"\ntcp = 80\n"),
            Change::none);
  const Json capable = decision("capable", {"capability.sys_admin"}, {{"kind", "capability"}});
  EXPECT_EQ(change(capable, true, ""), Change::refused);
  EXPECT_EQ(change(capable, true, "[capability]\nallow = [\"sys_admin\"]\n"), Change::none);
}

TEST(Candidate, SaysWhatItCannotCompare) {
  Json object = file_event("/srv/a");
  object["path_cut"] = true;
  EXPECT_EQ(change(decision("file_open", {"file.read"}, object), true, kReads),
            Change::incomparable);
  EXPECT_EQ(change(decision("some_hook", Json::array(), file_event("/srv/a")), true, kReads),
            Change::incomparable);
  EXPECT_EQ(change(Json::object(), true, kReads), Change::incomparable);
}

}  // namespace
}  // namespace glacis::learn
