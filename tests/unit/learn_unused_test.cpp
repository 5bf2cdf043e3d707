// SPDX-License-Identifier: Apache-2.0
#include "learn_fixture.h"
#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/learn/unused.h"
#include "manager/profile/load.h"

namespace glacis::learn {
namespace {

profile::ResolvedProfile web() {
  profile::MemoryFiles files;
  profile::LoadOptions options;
  options.files = &files;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  auto out = profile::load_profile_text(
      "schema = 1\n[profile]\nname = \"web\"\n"
      "[[file]]\npath = \"/a\"\naccess = [\"read\"]\n"
      "[[file]]\npath = \"/b\"\naccess = [\"read\"]\n"
      "[[file]]\npath = \"/a\"\naccess = [\"append\"]\n"
      "[[file]]\ndeny = \"/c\"\n"
      "[syscalls]\ndeny = [\"bpf\"]\n",
      "/etc/web.toml", options, diagnostics, sources);
  EXPECT_TRUE(out.has_value());
  return out ? *out : profile::ResolvedProfile{};
}

std::vector<std::string> rules(const Unused& of) {
  std::vector<std::string> out;
  for (const UnusedGrant& one : of.unused) out.push_back(one.rule);
  return out;
}

// Two accesses of one request are grants of two rules.
TEST(Unused, WhatNothingNeeded) {
  Recording of = recording({{"file read,append /a", "file read /d"}});
  of.runs[0].rules = 0;
  const auto got = unused_of(of, web(), of.runs[0].started);
  ASSERT_TRUE(got.has_value()) << got.error().what;
  EXPECT_EQ(got->grants, 3u);
  EXPECT_EQ(got->runs, 1u);
  EXPECT_EQ(rules(*got), std::vector<std::string>{"file read /b"});
  EXPECT_EQ(got->unused[0].last, 0);
  EXPECT_NE(got->unused[0].place.find("web.toml:8"), std::string::npos) << got->unused[0].place;
}

TEST(Unused, WhatWasUsedTooLongAgo) {
  Recording of = recording({{"file read /b", "file read,append /a"}, {"file read,append /a"}});
  of.runs[0].rules = of.runs[1].rules = 0;
  const auto got = unused_of(of, web(), of.runs[1].started);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(rules(*got), std::vector<std::string>{"file read /b"});
  EXPECT_EQ(got->unused[0].last, of.runs[0].started + second);
}

// What a run under grants does not show is not unused.
TEST(Unused, RunsUnderGrantsSayNothing) {
  Recording of = recording({{"file read /b"}, {"file read,append /a"}});
  for (const std::int64_t rules : {std::int64_t{-1}, std::int64_t{3}}) {
    of.runs[0].rules = of.runs[1].rules = rules;
    EXPECT_FALSE(unused_of(of, web(), 0).has_value());
  }
  of.runs[1].rules = 0;
  const auto got = unused_of(of, web(), 0);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->skipped, 1u);
  EXPECT_EQ(rules(*got), std::vector<std::string>{"file read /b"});
}

TEST(Unused, NoRunOfThatTime) {
  Recording of = recording({{"file read /b"}});
  of.runs[0].rules = 0;
  EXPECT_FALSE(unused_of(of, web(), of.runs[0].ended + 1).has_value());
}

}  // namespace
}  // namespace glacis::learn
