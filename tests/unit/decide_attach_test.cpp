// SPDX-License-Identifier: Apache-2.0
// Who attaches: the core against the slow and obvious way, on random profiles and
// random cgroups, and the corners by hand.
#include <gtest/gtest.h>

#include "lsm/decide/attach.h"
#include "tests/unit/built.h"
#include "tests/unit/oracle.h"

namespace glacis {
namespace {

using profile::PathRule;

std::uint32_t ask(const Built& built, std::string_view path, std::uint32_t by,
                  std::uint32_t ending = GL_ENDING_ROOTED) {
  const gl_accept accept = sim::Simulator(built.view(), "test").accept(path);
  return gl_attach_decide(&accept, ending, by);
}

TEST(DecideAttach, AProgramIsItsPath) {
  const Built built(profile_with({PathRule{"/p", GL_FILE_ATTACH}, PathRule{"/**", GL_FILE_READ}}));
  EXPECT_EQ(ask(built, "/p", GL_ATTACH_BY_EXEC), GL_ATTACH_GRANTED);
  EXPECT_EQ(ask(built, "/q", GL_ATTACH_BY_EXEC), GL_ATTACH_NEXT);
  EXPECT_EQ(ask(built, "/p/p", GL_ATTACH_BY_EXEC), GL_ATTACH_NEXT);
  for (const std::uint32_t ending : {GL_ENDING_UNLINKED, GL_ENDING_FOREIGN_ROOT, GL_ENDING_DETACHED,
                                     GL_ENDING_ANONYMOUS, GL_ENDING_TOO_LONG})
    EXPECT_EQ(ask(built, "/p", GL_ATTACH_BY_EXEC, ending), GL_ATTACH_NEXT);
}

TEST(DecideAttach, AUnitIsWhateverItStarts) {
  const Built built(profile_with(
      {PathRule{"/p", GL_FILE_ATTACH}, PathRule{"/c", GL_FILE_OUTSIDE | GL_FILE_READ}}));
  for (const std::uint32_t by : {GL_ATTACH_BY_UNIT, GL_ATTACH_BY_SLICE, GL_ATTACH_BY_USER}) {
    EXPECT_EQ(ask(built, "/p", by), GL_ATTACH_GRANTED);
    EXPECT_EQ(ask(built, "/q", by), GL_ATTACH_ENTERS);
    EXPECT_EQ(ask(built, "/c", by), GL_ATTACH_OUTSIDE);
    // A copy of a control command that has no name is not the command.
    EXPECT_EQ(ask(built, "/c", by, GL_ENDING_UNLINKED), GL_ATTACH_ENTERS);
  }
  EXPECT_EQ(ask(built, "/c", GL_ATTACH_BY_EXEC), GL_ATTACH_NEXT);
}

// Whoever makes walks fail must not start a program unconfined by it.
TEST(DecideAttach, WhatCannotBeToldIsRefused) {
  const Built built(profile_with({PathRule{"/p", GL_FILE_ATTACH}}));
  for (unsigned by = GL_ATTACH_BY_UNIT; by <= GL_ATTACH_BY_USER; ++by)
    for (const std::uint32_t ending : {GL_ENDING_UNSTABLE, GL_ENDING_UNREADABLE})
      EXPECT_EQ(ask(built, "/q", by, ending), GL_ATTACH_UNKNOWN);
}

TEST(DecideAttach, NoRuleRefusesAMark) {
  const Built built(profile_with({PathRule{"/p", GL_FILE_ATTACH | GL_FILE_READ},
                                  PathRule{"/**", GL_FILE_ALL, profile::Owner::any, true}}));
  EXPECT_EQ(ask(built, "/p", GL_ATTACH_BY_EXEC), GL_ATTACH_GRANTED);
  EXPECT_FALSE(built.reads("/p"));
  EXPECT_FALSE(
      image::build(profile_with({PathRule{"/p", GL_FILE_ATTACH, profile::Owner::any, true}})));
  EXPECT_FALSE(image::build(profile_with({PathRule{"/p", GL_FILE_OUTSIDE, profile::Owner::self}})));
}

TEST(DecideAttach, AgreesWithTheOracle) {
  unsigned compared = 0, entered = 0, outside = 0;
  for (std::uint64_t seed = 1; compared < 40'000; ++seed) {
    generate::Random random(seed);
    auto profile = generate::profile(random, 1 + random.below(20));
    std::vector<std::string> globs;
    for (profile::Rule& rule : profile.rules) {
      auto* path = std::get_if<PathRule>(&rule.body);
      if (path == nullptr) continue;
      globs.push_back(path->glob);
      if (path->deny || path->owner != profile::Owner::any || random.chance(2)) continue;
      path->access |= random.chance(2) ? GL_FILE_ATTACH : GL_FILE_OUTSIDE;
    }
    if (globs.empty()) continue;
    const auto image = image::build(profile);
    ASSERT_TRUE(image) << seed << ": " << image.error().what;
    const auto view = image::read(image->bytes);
    ASSERT_TRUE(view) << seed << ": " << view.error().what;
    const sim::Simulator simulator(*view, profile.name);
    for (unsigned i = 0; i < 50; ++i) {
      const std::string path = generate::path_like(random, random.pick(globs));
      const std::uint32_t by = 1 + random.below(4);
      const std::uint32_t ending = random.chance(6) ? 1 + random.below(GL_ENDING_COUNT - 1)
                                                    : std::uint32_t{GL_ENDING_ROOTED};
      const auto expected = oracle::attach(profile, path, ending, by);
      if (!expected) continue;
      const gl_accept accept = simulator.accept(path);
      ASSERT_EQ(gl_attach_decide(&accept, ending, by), *expected) << seed << " " << path;
      ++compared;
      entered += *expected == GL_ATTACH_GRANTED;
      outside += *expected == GL_ATTACH_OUTSIDE;
    }
  }
  EXPECT_GT(entered, compared / 20);
  EXPECT_GT(outside, compared / 40);
}

gl_attach_units fold(const std::vector<oracle::Cgroup>& way) {
  gl_attach_units out{};
  for (const oracle::Cgroup& each : way)
    if (gl_attach_level(&out, each.slice, each.domain) == 0) break;
  return out;
}

TEST(DecideAttach, UnitsAgreeWithTheOracle) {
  generate::Random random(4711);
  for (unsigned i = 0; i < 20'000; ++i) {
    std::vector<oracle::Cgroup> way(random.below(7));
    for (oracle::Cgroup& each : way)
      each = {random.chance(2), random.chance(2) ? 1 + random.below(5) : 0};
    const gl_attach_units units = fold(way);
    ASSERT_EQ(units.unit, oracle::unit(way)) << i;
    ASSERT_EQ(units.slice, oracle::slice(way)) << i;
  }
}

TEST(DecideAttach, TheUnitIsTheFirstThatIsNoSlice) {
  const gl_attach_units own = fold({{true, 0}, {false, 7}, {true, 8}, {false, 9}});
  EXPECT_EQ(own.unit, 7u);
  EXPECT_EQ(own.slice, 0u);
  // Another's unit: what its owner made below is nobody's.
  EXPECT_EQ(fold({{true, 3}, {false, 0}, {false, 7}}).unit, 0u);
  EXPECT_EQ(fold({{true, 3}, {true, 4}, {false, 0}}).slice, 4u);
  EXPECT_EQ(fold({}).unit, 0u);
}

}  // namespace
}  // namespace glacis
