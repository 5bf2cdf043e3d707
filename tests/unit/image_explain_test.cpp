// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "manager/base/peer.h"
#include "manager/base/signals.h"
#include "manager/image/explain.h"
#include "tests/unit/built.h"

namespace glacis::image {
namespace {

const Built& built() {
  static const Built out(profile_with({
      profile::PathRule{"/etc/**", GL_FILE_READ},
      profile::PathRule{"/etc/shadow", GL_FILE_READ, profile::Owner::any, true},
      profile::CapabilityRule{GL_CAP_CHOWN},
      profile::NetRule{{GL_NET_BIND}, {GL_SOCKET_TCP}, {}, {{80, 80}}},
      profile::EndingRule{{GL_ENDING_ANONYMOUS}, GL_FILE_READ},
      profile::PathRule{"/tmp/\x1b*", GL_FILE_WRITE, profile::Owner::self},
  }));
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Explain, TextNamesRulesByPlace) {
  profile::ResolvedProfile profile = profile_with({
      profile::PathRule{"/etc/**", GL_FILE_READ},
      profile::PathRule{"/etc/shadow", GL_FILE_READ, profile::Owner::any, true},
      profile::CapabilityRule{GL_CAP_CHOWN},
      profile::NetRule{{GL_NET_BIND}, {GL_SOCKET_TCP}, {}, {{80, 80}}},
      profile::EndingRule{{GL_ENDING_ANONYMOUS}, GL_FILE_READ},
      profile::PathRule{"/home/*", GL_FILE_WRITE, profile::Owner::self},
  });
  const Built small(profile);
  const std::string text = explain_text(small.view(), &small.image().source_map);
  EXPECT_TRUE(has(text, "blake2b:" + hex(small.image().digest))) << text;
  EXPECT_TRUE(has(text, "allow   read /etc/**  rule 1 (test.toml:10:3)")) << text;
  EXPECT_TRUE(has(text, "deny    read /etc/shadow  rule 2 (test.toml:20:3)")) << text;
  EXPECT_TRUE(has(text, "allow   chown              rule 3 (test.toml:30:3)")) << text;
  EXPECT_TRUE(has(text, "0.0.0.0/0           port 80")) << text;
  EXPECT_TRUE(has(text, "::/0                port 80")) << text;
  EXPECT_TRUE(has(text, "anonymous     allow read  rule 5")) << text;
  EXPECT_TRUE(has(text, "write /home/* owner self  rule 6")) << text;
  EXPECT_TRUE(has(text, "memory: none")) << text;
  const std::string bare = explain_text(small.view(), nullptr);
  EXPECT_TRUE(has(bare, "allow   read  rule 1\n")) << bare;
}

TEST(Explain, JsonHasTheSame) {
  const auto json =
      nlohmann::json::parse(explain_json(built().view(), &built().image().source_map));
  EXPECT_EQ(json["image"], "blake2b:" + hex(built().image().digest));
  EXPECT_EQ(json["capability"][0]["name"], "chown");
  EXPECT_EQ(json["net"][0]["ports"], "80");
  EXPECT_EQ(json["paths"][0]["rule"]["line"], 10);
  EXPECT_EQ(json["paths"][0]["rule"]["column"], 3);
  EXPECT_EQ(json["automaton"]["states"], built().image().stats.states);
}

TEST(Explain, OtherTasks) {
  const Built tasks(profile_with({
      profile::ProcessRule{"self", GL_TASK_SIGNAL | GL_TASK_INSPECT, every_signal},
      profile::ProcessRule{"web", GL_TASK_SIGNAL, signal_bit(15) | signal_bit(1), true},
  }));
  const SourceMap& map = tasks.image().source_map;
  const std::string text = explain_text(tasks.view(), &map);
  EXPECT_TRUE(has(text, "  allow   signal,inspect self  rule 1 (test.toml:10:3)\n")) << text;
  EXPECT_TRUE(has(text, "  deny    signal web signals hup,term  rule 2 (test.toml:20:3)\n"))
      << text;
  // The image alone has a number, and says so.
  const std::string bare = explain_text(tasks.view(), nullptr);
  EXPECT_TRUE(has(bare, fmt::format("signal name:{:016x}", name_number("web")))) << bare;
  EXPECT_TRUE(has(bare, "signal,inspect self")) << bare;
  const auto json = nlohmann::json::parse(explain_json(tasks.view(), &map))["process"];
  EXPECT_EQ(json[0]["peer"], "self");
  EXPECT_EQ(json[0]["access"], nlohmann::json({"signal", "inspect"}));
  EXPECT_FALSE(json[0].contains("signals"));
  EXPECT_EQ(json[1]["allow"], false);
  EXPECT_EQ(json[1]["signals"], nlohmann::json({"hup", "term"}));
}

TEST(Explain, EveryAccessIsNotListed) {
  const Built all(profile_with({profile::PathRule{"/a", GL_FILE_ALL, profile::Owner::any, true}}));
  const std::string text = explain_text(all.view(), &all.image().source_map);
  EXPECT_TRUE(has(text, "deny    every access /a  rule 1")) << text;
}

TEST(Explain, ControlBytesAreEscaped) {
  EXPECT_TRUE(built().image().bytes.size() > 0);
  EXPECT_FALSE(has(explain_text(built().view(), &built().image().source_map), "\x1b"));
}

}  // namespace
}  // namespace glacis::image
