// SPDX-License-Identifier: Apache-2.0
// [exec], [[exec.script]] and [[exec.transition]].
#include "lsm/abi/image.h"
#include "manager/profile/diff.h"
#include "tests/unit/profile_fixture.h"

namespace glacis::profile {
namespace {

using diag::Code;

std::string block(const std::string& path, const std::string& to, const std::string& rest = {}) {
  return "[[exec.transition]]\npath = " + path + "\nto = \"" + to + "\"\n" + rest + "\n";
}

TEST(Transition, MakesOneRuleOfEachPath) {
  const Loaded loaded = load(block("[\"/a\", \"/b/*\"]", "web.child"));
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const auto rules = loaded.bodies<PathRule>();
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[1].glob, "/b/*");
  EXPECT_EQ(rules[1].access, static_cast<std::uint32_t>(GL_FILE_TRANSITION));
  EXPECT_EQ(rules[1].transition, (Transition{"web.child", true, false}));
}

TEST(Transition, ScrubsUnlessToldToKeep) {
  const auto made = [](const std::string& rest) {
    const Loaded loaded = load(block("\"/a\"", "web", rest));
    EXPECT_TRUE(loaded.profile) << loaded.text();
    return loaded.bodies<PathRule>().at(0).transition.value();
  };
  EXPECT_TRUE(made("env = \"scrub\"").scrub);
  EXPECT_FALSE(made("env = \"keep\"").scrub);
  EXPECT_TRUE(made("unsafe = true").unsafe);
}

TEST(Transition, InheritIsAGrantThatStays) {
  const Loaded loaded = load(block("\"/a\"", "inherit"));
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const PathRule rule = loaded.bodies<PathRule>().at(0);
  EXPECT_EQ(rule.transition, Transition{});
  EXPECT_EQ(rule.access,
            static_cast<std::uint32_t>(GL_FILE_TRANSITION | GL_FILE_EXECUTE | GL_FILE_INTERPRET |
                                       GL_FILE_MAP_EXEC | GL_FILE_READ));
  EXPECT_TRUE(load(block("\"/a\"", "inherit", "env = \"keep\"")).has(Code::GL215));
  EXPECT_TRUE(load(block("\"/a\"", "inherit", "unsafe = true")).has(Code::GL215));
}

TEST(Transition, SaysWhatIsWrong) {
  EXPECT_TRUE(load("[[exec.transition]]\npath = \"/a\"\n").has(Code::GL214));
  EXPECT_TRUE(load("[[exec.transition]]\nto = \"web\"\n").has(Code::GL214));
  EXPECT_TRUE(load(block("\"a\"", "web")).has(Code::GL202));
  EXPECT_TRUE(load(block("\"/a\"", "a/b")).has(Code::GL115));
  EXPECT_TRUE(load(block("\"/a\"", "any")).has(Code::GL115));
  EXPECT_TRUE(load(block("\"/a\"", "web", "env = \"clean\"")).has(Code::GL201));
  EXPECT_TRUE(load(block("\"/a\"", "web", "unsafe = 1")).has(Code::GL107));
  EXPECT_TRUE(load(block("\"/a\"", "web", "unsave = true")).has(Code::GL106));
}

TEST(Transition, NoProfileIsCalledInherit) {
  Loaded loaded;
  load_into(loaded, "schema = 1\n[profile]\nname = \"inherit\"\n");
  EXPECT_TRUE(loaded.has(Code::GL115));
}

TEST(Transition, UnsafeIsWarnedOf) {
  EXPECT_TRUE(load(block("\"/a\"", "web", "unsafe = true")).has(Code::GL308));
  EXPECT_FALSE(load(block("\"/a\"", "web")).has(Code::GL308));
}

TEST(Transition, NoMoreThanTheCoreLooksAt) {
  std::string paths;
  for (unsigned i = 0; i < GL_TRANSITIONS_MAX; ++i) paths += "\"/p" + std::to_string(i) + "\", ";
  EXPECT_TRUE(load(block("[" + paths + "]", "web")).profile);
  EXPECT_TRUE(load(block("[" + paths + "\"/q\"]", "web")).has(Code::GL217));
}

TEST(Transition, ADeniedExecIsNoTransitionEither) {
  const Loaded loaded =
      load(block("\"/a/*\"", "web") + "[[file]]\ndeny = [\"/a/b\"]\naccess = [\"execute\"]\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_EQ(loaded.bodies<PathRule>()[1].access,
            static_cast<std::uint32_t>(GL_FILE_EXECUTE | GL_FILE_INTERPRET | GL_FILE_TRANSITION));
}

TEST(Transition, IsNoWordOfAFile) {
  EXPECT_TRUE(load("[[file]]\npath = \"/a\"\naccess = [\"transition\"]\n").has(Code::GL201));
}

TEST(Script, GrantsItsInterpreterToNothingElse) {
  const Loaded loaded = load("[[exec.script]]\npath = \"/s\"\ninterpreter = [\"/usr/bin/dash\"]\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const auto rules = loaded.bodies<PathRule>();
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[0].glob, "/s");
  EXPECT_EQ(rules[0].access,
            static_cast<std::uint32_t>(GL_FILE_EXECUTE | GL_FILE_INTERPRET | GL_FILE_READ));
  EXPECT_EQ(rules[1].access,
            static_cast<std::uint32_t>(GL_FILE_INTERPRET | GL_FILE_MAP_EXEC | GL_FILE_READ));
}

TEST(Script, SaysWhatIsWrong) {
  EXPECT_TRUE(load("[[exec.script]]\npath = \"/s\"\n").has(Code::GL214));
  EXPECT_TRUE(load("[[exec.script]]\ninterpreter = \"/s\"\n").has(Code::GL214));
  EXPECT_TRUE(load("[[exec.script]]\npath = \"s\"\ninterpreter = \"/s\"\n").has(Code::GL202));
  EXPECT_TRUE(load("[[file]]\npath = \"/a\"\naccess = [\"interpret\"]\n").has(Code::GL201));
}

TEST(Digest, MarksItsFilesAndGrantsNothing) {
  const std::string a(64, 'a'), b(64, 'b');
  const Loaded loaded =
      load("[[exec.digest]]\npath = [\"/x\", \"/y\"]\nsha256 = [\"" + a + "\", \"" + b + "\"]\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const auto rules = loaded.bodies<PathRule>();
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[1].glob, "/y");
  EXPECT_EQ(rules[1].access, static_cast<std::uint32_t>(GL_FILE_DIGEST));
  EXPECT_EQ(loaded.profile->digests,
            (std::vector<FileDigest>{{"/x", a}, {"/x", b}, {"/y", a}, {"/y", b}}));
}

TEST(Digest, SaysWhatIsWrong) {
  const std::string a(64, 'a');
  const std::string sha256 = "sha256 = \"" + a + "\"\n";
  EXPECT_TRUE(load("[[exec.digest]]\npath = \"/s\"\n").has(Code::GL214));
  EXPECT_TRUE(load("[[exec.digest]]\n" + sha256).has(Code::GL214));
  EXPECT_TRUE(load("[[exec.digest]]\npath = \"s\"\n" + sha256).has(Code::GL202));
  EXPECT_TRUE(load("[[exec.digest]]\npath = \"/s*\"\n" + sha256).has(Code::GL206));
  for (const std::string& bad : {a + "a", a.substr(1), "A" + a.substr(1), std::string()})
    EXPECT_TRUE(load("[[exec.digest]]\npath = \"/s\"\nsha256 = \"" + bad + "\"\n").has(Code::GL221))
        << bad;
  EXPECT_TRUE(load("[[file]]\npath = \"/a\"\naccess = [\"digest\"]\n").has(Code::GL201));
}

TEST(Exec, WhatComesAlong) {
  const Loaded plain = load("[exec]\nallow = [\"/a\"]\n");
  ASSERT_TRUE(plain.profile) << plain.text();
  EXPECT_FALSE(plain.profile->inherit_stdio);
  EXPECT_EQ(plain.profile->on_inherited, OnInherited::deny);
  const Loaded stdio = load("[exec]\ninherit = [\"stdio\"]\n");
  ASSERT_TRUE(stdio.profile) << stdio.text();
  EXPECT_TRUE(stdio.profile->inherit_stdio);
  EXPECT_EQ(diff(*plain.profile, *stdio.profile).size(), 2u);
  EXPECT_TRUE(load("[exec]\ninherit = [\"all\"]\n").has(Code::GL201));
}

TEST(Transition, AnotherTargetIsADifference) {
  const Loaded before = load(block("\"/a\"", "web"));
  const Loaded after = load(block("\"/a\"", "db"));
  ASSERT_TRUE(before.profile && after.profile);
  EXPECT_EQ(diff(*before.profile, *before.profile).size(), 0u);
  EXPECT_EQ(diff(*before.profile, *after.profile).size(), 2u);
}

}  // namespace
}  // namespace glacis::profile
