// SPDX-License-Identifier: Apache-2.0
// Files whose content counts: when it is asked about, and what tells that it is as it was.
#include <gtest/gtest.h>

#include "lsm/decide/attach.h"
#include "lsm/decide/digest.h"
#include "tests/unit/built.h"

namespace glacis {
namespace {

using profile::PathRule;

gl_accept accept_of(const Built& built, std::string_view path) {
  return sim::Simulator(built.view(), "test").accept(path);
}

TEST(DecideDigest, IsAskedOfWhatBecomesCode) {
  const Built built(profile_with(
      {PathRule{"/**", GL_FILE_ALL & ~GL_FILE_TRANSITION}, PathRule{"/lib", GL_FILE_DIGEST}}));
  const gl_accept named = accept_of(built, "/lib"), other = accept_of(built, "/lib2");
  for (std::uint32_t bit = 1; bit != 0 && bit <= GL_FILE_ALL; bit <<= 1) {
    EXPECT_EQ(gl_digest_asked(&named, bit) != 0, (bit & GL_FILE_CODE) != 0) << bit;
    EXPECT_FALSE(gl_digest_asked(&other, bit)) << bit;
  }
}

TEST(DecideDigest, IsRefusedByTheRuleThatNamesIt) {
  const Built built(
      profile_with({PathRule{"/**", GL_FILE_ALL & ~GL_FILE_TRANSITION},
                    PathRule{"/other", GL_FILE_DIGEST}, PathRule{"/lib", GL_FILE_DIGEST}}));
  const gl_accept accept = accept_of(built, "/lib");
  const gl_verdict verdict = gl_digest_refused(built.view().base(), built.view().mask(), &accept);
  EXPECT_EQ(verdict.decision, static_cast<unsigned>(GL_DENY));
  EXPECT_EQ(verdict.reason, static_cast<unsigned>(GL_REASON_DIGEST));
  EXPECT_EQ(verdict.rule, 3u);
  EXPECT_EQ(verdict.blocker, static_cast<std::uint32_t>(GL_FILE_DIGEST));
}

TEST(DecideDigest, GrantsNothing) {
  const Built built(profile_with({PathRule{"/lib", GL_FILE_DIGEST}}));
  EXPECT_EQ(built.decide(sim::FileRequest{"/lib", GL_FILE_MAP_EXEC}).decision,
            static_cast<unsigned>(GL_DENY));
  EXPECT_FALSE(image::build(profile_with({PathRule{"/p", GL_FILE_DIGEST, profile::Owner::self}})));
}

// [attach] grants to execute its programs: not without a look at them.
TEST(DecideDigest, AProgramThatAttachesIsLookedAt) {
  const Built built(profile_with(
      {PathRule{"/p", GL_FILE_ATTACH}, PathRule{"/q", GL_FILE_ATTACH | GL_FILE_DIGEST}}));
  const gl_accept plain = accept_of(built, "/p"), named = accept_of(built, "/q");
  EXPECT_EQ(gl_attach_decide(&plain, GL_ENDING_ROOTED, GL_ATTACH_BY_EXEC), GL_ATTACH_GRANTED);
  EXPECT_EQ(gl_attach_decide(&named, GL_ENDING_ROOTED, GL_ATTACH_BY_EXEC), GL_ATTACH_ENTERS);
}

TEST(DecideDigest, EachSignOfAChangeCounts) {
  const gl_file_state kept{10, 20, 30, 40, 0, 0};
  EXPECT_TRUE(gl_file_state_same(&kept, &kept));
  for (auto change : std::initializer_list<void (*)(gl_file_state&)>{
           [](gl_file_state& s) { s.size++; }, [](gl_file_state& s) { s.ctime_sec++; },
           [](gl_file_state& s) { s.ctime_nsec++; }, [](gl_file_state& s) { s.generation++; }}) {
    gl_file_state now = kept;
    change(now);
    EXPECT_FALSE(gl_file_state_same(&kept, &now));
  }
}

// Sealed, a file keeps its content while its times change; another inode of its number, or
// one that is not sealed, is not it.
TEST(DecideDigest, WhatIsSealedHasNoTime) {
  const gl_file_state kept{10, 20, 30, 40, 1, 0};
  gl_file_state now{10, 21, 31, 40, 1, 0};
  EXPECT_TRUE(gl_file_state_same(&kept, &now));
  now.generation++;
  EXPECT_FALSE(gl_file_state_same(&kept, &now));
  now = kept;
  now.sealed = 0;
  EXPECT_FALSE(gl_file_state_same(&kept, &now));
}

}  // namespace
}  // namespace glacis
