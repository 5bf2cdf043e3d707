// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "lsm/abi/hooks.h"
#include "manager/image/hooks.h"
#include "tests/unit/built.h"

namespace glacis::image {
namespace {

constexpr std::uint64_t kEvery = GL_HOOK_BIT(GL_HOOK_COUNT) - 2;

profile::EndingRule every_ending(std::uint32_t access) {
  profile::EndingRule out{{}, access};
  for (int e = 2; e < GL_ENDING_COUNT; ++e) out.endings.push_back(static_cast<gl_ending>(e));
  return out;
}

bool needs(const profile::ResolvedProfile& profile, gl_hook hook) {
  return Built(profile).view().header().hooks & GL_HOOK_BIT(hook);
}

TEST(Hooks, AnOrdinaryProfileNeedsAll) {
  EXPECT_EQ(reading({"/etc/**"}).view().header().hooks, kEvery);
  EXPECT_EQ(Built(profile_with({})).view().header().hooks, kEvery);
}

TEST(Hooks, APermittedClassIsLeftOut) {
  const auto lock =
      profile_with({profile::PathRule{"/**", GL_FILE_LOCK}, every_ending(GL_FILE_LOCK)});
  EXPECT_FALSE(needs(lock, GL_HOOK_FILE_LOCK));
  EXPECT_TRUE(needs(lock, GL_HOOK_FILE_OPEN));
}

TEST(Hooks, NotWithoutEveryEnding) {
  EXPECT_TRUE(needs(profile_with({profile::PathRule{"/**", GL_FILE_LOCK}}), GL_HOOK_FILE_LOCK));
  EXPECT_TRUE(needs(profile_with({profile::PathRule{"/**", GL_FILE_LOCK},
                                  profile::EndingRule{{GL_ENDING_ANONYMOUS}, GL_FILE_LOCK}}),
                    GL_HOOK_FILE_LOCK));
}

TEST(Hooks, NotWithAnException) {
  const std::uint32_t lock = GL_FILE_LOCK;
  EXPECT_TRUE(needs(profile_with({profile::PathRule{"/**", lock}, every_ending(lock),
                                  profile::PathRule{"/a/b", lock, profile::Owner::any, true}}),
                    GL_HOOK_FILE_LOCK));
  EXPECT_TRUE(needs(
      profile_with({profile::PathRule{"/**", lock, profile::Owner::self}, every_ending(lock)}),
      GL_HOOK_FILE_LOCK));
  EXPECT_TRUE(needs(profile_with({profile::PathRule{"/*/**", lock}, every_ending(lock)}),
                    GL_HOOK_FILE_LOCK));  // not "/a"
}

TEST(Hooks, UnixNeedsAbstractNamesToo) {
  const std::uint32_t access = GL_FILE_UNIX_CONNECT;
  EXPECT_TRUE(needs(profile_with({profile::PathRule{"/**", access}, every_ending(access)}),
                    GL_HOOK_UNIX_STREAM_CONNECT));
  EXPECT_FALSE(needs(profile_with({profile::PathRule{"{/,@}**", access}, every_ending(access)}),
                     GL_HOOK_UNIX_STREAM_CONNECT));
}

TEST(Hooks, EverythingGranted) {
  profile::ResolvedProfile all = profile_with({
      profile::PathRule{"{/,@}**", GL_FILE_ALL},
      every_ending(GL_FILE_ALL),
      profile::MemoryRule{GL_MEMORY_ALL},
      profile::KernelRule{GL_KERNEL_ALL},
  });
  for (unsigned c = 0; c < GL_CAP_COUNT; ++c)
    all.rules.push_back({static_cast<profile::RuleId>(100 + c),
                         {},
                         profile::CapabilityRule{static_cast<gl_capability>(c)}});
  std::uint64_t expected = 0;
  for (const gl_hook hook : {GL_HOOK_TASK_ALLOC, GL_HOOK_TASK_FREE, GL_HOOK_BPRM_CHECK,
                             GL_HOOK_BPRM_COMMITTED, GL_HOOK_SOCKET_CREATE, GL_HOOK_SOCKET_BIND,
                             GL_HOOK_SOCKET_CONNECT, GL_HOOK_SOCKET_LISTEN, GL_HOOK_SOCKET_SENDMSG})
    expected |= GL_HOOK_BIT(hook);
  EXPECT_EQ(Built(all).view().header().hooks, expected);
}

}  // namespace
}  // namespace glacis::image
