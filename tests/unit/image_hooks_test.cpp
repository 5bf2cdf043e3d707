// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "lsm/abi/hooks.h"
#include "manager/base/signals.h"
#include "manager/image/hooks.h"
#include "tests/unit/built.h"

namespace glacis::image {
namespace {

// The guard has hooks of its own, which no image asks for.
const HookSet kEvery =
    HookSet::all().without({GL_HOOK_CGROUP_SYSCTL, GL_HOOK_BPF_MAP, GL_HOOK_BPF_PROG,
                            GL_HOOK_INODE_UNLINK, GL_HOOK_INODE_RMDIR, GL_HOOK_INODE_RENAME});

profile::EndingRule every_ending(std::uint32_t access) {
  profile::EndingRule out{{}, access};
  for (int e = 2; e < GL_ENDING_COUNT; ++e) out.endings.push_back(static_cast<gl_ending>(e));
  return out;
}

bool needs(const profile::ResolvedProfile& profile, gl_hook hook) {
  return HookSet(Built(profile).view().header().hooks).has(hook);
}

TEST(Hooks, AnOrdinaryProfileNeedsAll) {
  EXPECT_EQ(HookSet(reading({"/etc/**"}).view().header().hooks), kEvery);
  EXPECT_EQ(HookSet(Built(profile_with({})).view().header().hooks), kEvery);
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

TEST(Hooks, UnixIsAskedWhereAPeerIsRefused) {
  const auto by_name = [](bool deny) {
    return profile_with({profile::PathRule{"{/,@}**", GL_FILE_UNIX}, every_ending(GL_FILE_UNIX),
                         profile::ProcessRule{"web", GL_TASK_CONNECT, 0, deny}});
  };
  for (const gl_hook hook : {GL_HOOK_UNIX_STREAM_CONNECT, GL_HOOK_UNIX_MAY_SEND}) {
    EXPECT_TRUE(needs(by_name(true), hook));
    EXPECT_FALSE(needs(by_name(false), hook));
  }
}

profile::ProcessRule any(std::uint32_t access, std::uint64_t signals = 0) {
  return {"any", access, signals, false};
}

TEST(Hooks, OtherTasksByWhatIsGrantedToAnyOfThem) {
  const auto all = profile_with({any(GL_TASK_ALL, every_signal)});
  for (const gl_hook hook : {GL_HOOK_PTRACE_ACCESS_CHECK, GL_HOOK_PTRACE_TRACEME, GL_HOOK_TASK_KILL,
                             GL_HOOK_TASK_SETNICE, GL_HOOK_TASK_SETSCHEDULER,
                             GL_HOOK_TASK_SETIOPRIO, GL_HOOK_TASK_SETRLIMIT})
    EXPECT_FALSE(needs(all, hook)) << hook;
  const auto signals = profile_with({any(GL_TASK_SIGNAL, every_signal)});
  EXPECT_FALSE(needs(signals, GL_HOOK_TASK_KILL));
  EXPECT_TRUE(needs(signals, GL_HOOK_TASK_SETNICE));
  // Both halves of what ptrace_access_check decides must be granted.
  EXPECT_TRUE(needs(profile_with({any(GL_TASK_TRACE)}), GL_HOOK_PTRACE_ACCESS_CHECK));
  EXPECT_FALSE(
      needs(profile_with({any(GL_TASK_TRACE), any(GL_TASK_INSPECT)}), GL_HOOK_PTRACE_ACCESS_CHECK));
}

TEST(Hooks, OtherTasksNeedHooksForAllThatCouldBeRefused) {
  const auto kill = [](std::initializer_list<profile::RuleBody> rules) {
    return needs(profile_with(rules), GL_HOOK_TASK_KILL);
  };
  EXPECT_TRUE(kill({any(GL_TASK_SIGNAL, every_signal - 1)}));
  EXPECT_FALSE(kill({any(GL_TASK_SIGNAL, every_signal - 1), any(GL_TASK_SIGNAL, 1)}));
  EXPECT_TRUE(kill({profile::ProcessRule{"self", GL_TASK_SIGNAL, every_signal, false},
                    profile::ProcessRule{"unconfined", GL_TASK_SIGNAL, every_signal, false}}));
  EXPECT_TRUE(kill({any(GL_TASK_SIGNAL, every_signal),
                    profile::ProcessRule{"web", GL_TASK_SIGNAL, 1u << 8, true}}));
  EXPECT_FALSE(kill(
      {any(GL_TASK_SIGNAL, every_signal), profile::ProcessRule{"web", GL_TASK_TRACE, 0, true}}));
}

TEST(Hooks, FcntlByWhatItWritesAndWhomItSignals) {
  const std::uint32_t writing = GL_FILE_WRITE | GL_FILE_APPEND;
  const auto fcntl = [&](std::uint32_t access, profile::ProcessRule process) {
    return needs(profile_with({profile::PathRule{"/**", access}, every_ending(access),
                               profile::RuleBody(std::move(process))}),
                 GL_HOOK_FILE_FCNTL);
  };
  EXPECT_FALSE(fcntl(writing, any(GL_TASK_SIGNAL, every_signal)));
  EXPECT_TRUE(fcntl(GL_FILE_WRITE, any(GL_TASK_SIGNAL, every_signal)));
  EXPECT_TRUE(fcntl(writing, any(GL_TASK_SIGNAL, 1)));
}

TEST(Hooks, EachWordOfKernelHasItsOwn) {
  const auto without = [](std::uint32_t word, gl_hook hook) {
    const std::uint32_t rest = GL_KERNEL_ALL & ~word;
    return needs(profile_with({profile::KernelRule{rest}}), hook) &&
           !needs(profile_with({profile::KernelRule{word}}), hook);
  };
  EXPECT_TRUE(without(GL_KERNEL_BPF, GL_HOOK_BPF));
  EXPECT_TRUE(without(GL_KERNEL_PERF_EVENT, GL_HOOK_PERF_EVENT_OPEN));
  EXPECT_TRUE(without(GL_KERNEL_KEYS, GL_HOOK_KEY_PERMISSION));
  EXPECT_TRUE(without(GL_KERNEL_USER_NAMESPACE, GL_HOOK_USERNS_CREATE));
  EXPECT_TRUE(without(GL_KERNEL_IO_URING_SQPOLL, GL_HOOK_URING_SQPOLL));
  EXPECT_TRUE(without(GL_KERNEL_IO_URING_PERSONALITY, GL_HOOK_URING_OVERRIDE_CREDS));
  EXPECT_TRUE(without(GL_KERNEL_IO_URING_CMD, GL_HOOK_URING_CMD));
  EXPECT_TRUE(without(GL_KERNEL_SYSLOG, GL_HOOK_SYSLOG));
  EXPECT_TRUE(without(GL_KERNEL_REMOUNT, GL_HOOK_SB_REMOUNT));
  for (const gl_hook hook :
       {GL_HOOK_IPC_PERMISSION, GL_HOOK_SHM_ALLOC, GL_HOOK_SHM_CTL, GL_HOOK_MSG_ALLOC,
        GL_HOOK_MSG_CTL, GL_HOOK_SEM_ALLOC, GL_HOOK_SEM_CTL})
    EXPECT_TRUE(without(GL_KERNEL_SYSV_IPC, hook));
  for (const gl_hook hook : {GL_HOOK_KERNEL_READ_FILE, GL_HOOK_KERNEL_LOAD_DATA}) {
    EXPECT_TRUE(without(GL_KERNEL_MODULE | GL_KERNEL_KEXEC, hook));
    EXPECT_TRUE(needs(profile_with({profile::KernelRule{GL_KERNEL_MODULE}}), hook));
  }
  // It makes rings and userfaultfds, whatever else is refused.
  EXPECT_TRUE(without(GL_KERNEL_IO_URING | GL_KERNEL_USERFAULTFD, GL_HOOK_INODE_INIT_ANON));
  EXPECT_TRUE(
      needs(profile_with({profile::KernelRule{GL_KERNEL_IO_URING}}), GL_HOOK_INODE_INIT_ANON));
}

TEST(Hooks, MountsRootsSetIdAndIoctlByTheirWords) {
  const auto granted = [](std::uint32_t access, gl_hook hook) {
    return !needs(profile_with({profile::PathRule{"/**", access}, every_ending(access)}), hook);
  };
  for (const gl_hook hook : {GL_HOOK_SB_MOUNT, GL_HOOK_MOVE_MOUNT}) {
    EXPECT_FALSE(granted(GL_FILE_MOUNT, hook));  // both can take away, too
    EXPECT_TRUE(granted(GL_FILE_MOUNT | GL_FILE_UMOUNT, hook));
  }
  EXPECT_TRUE(granted(GL_FILE_UMOUNT, GL_HOOK_SB_UMOUNT));
  EXPECT_TRUE(granted(GL_FILE_PIVOT_ROOT, GL_HOOK_SB_PIVOTROOT));
  EXPECT_TRUE(granted(GL_FILE_CHROOT, GL_HOOK_PATH_CHROOT));
  EXPECT_TRUE(granted(GL_FILE_IOCTL, GL_HOOK_FILE_IOCTL));
  EXPECT_TRUE(granted(GL_FILE_IOCTL, GL_HOOK_FILE_IOCTL_COMPAT));
  for (const gl_hook hook :
       {GL_HOOK_INODE_SETATTR, GL_HOOK_INODE_SETXATTR, GL_HOOK_INODE_REMOVEXATTR,
        GL_HOOK_INODE_SET_ACL, GL_HOOK_INODE_REMOVE_ACL, GL_HOOK_INODE_FILE_SETATTR})
    EXPECT_TRUE(granted(GL_FILE_ATTRIBUTES, hook));
  // What crosses a socket is decided as if it were opened.
  const std::uint32_t opening = GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_READ | GL_FILE_EXECUTE |
                                GL_FILE_MAP_EXEC | GL_FILE_CREATE | GL_FILE_TRUNCATE;
  EXPECT_TRUE(granted(opening, GL_HOOK_FILE_RECEIVE));
  EXPECT_FALSE(granted(opening & ~std::uint32_t{GL_FILE_READ}, GL_HOOK_FILE_RECEIVE));
}

TEST(Hooks, EverythingGranted) {
  profile::ResolvedProfile all = profile_with({
      profile::PathRule{"{/,@}**", GL_FILE_ALL & ~GL_FILE_TRANSITION},
      every_ending(GL_FILE_ALL & ~GL_FILE_TRANSITION),
      profile::MemoryRule{GL_MEMORY_ALL},
      profile::KernelRule{GL_KERNEL_ALL},
      any(GL_TASK_ALL, every_signal),
  });
  for (unsigned c = 0; c < GL_CAP_COUNT; ++c) {
    profile::Rule& rule = all.rules.emplace_back();
    rule.id = static_cast<profile::RuleId>(100 + c);
    rule.body.emplace<profile::CapabilityRule>().capability = static_cast<gl_capability>(c);
  }
  const HookSet expected = {
      GL_HOOK_BPRM_CREDS_FROM_FILE, GL_HOOK_TASK_ALLOC,     GL_HOOK_TASK_FREE,
      GL_HOOK_BPRM_CHECK,           GL_HOOK_BPRM_COMMITTED, GL_HOOK_SOCKET_CREATE,
      GL_HOOK_SOCKET_BIND,          GL_HOOK_SOCKET_CONNECT, GL_HOOK_SOCKET_LISTEN,
      GL_HOOK_SOCKET_SENDMSG};
  EXPECT_EQ(HookSet(Built(all).view().header().hooks), expected);
  // All may be mapped, but some of it only as it is named.
  all.digests = {{"/lib", std::string(64, '0')}};
  EXPECT_TRUE(HookSet(Built(all).view().header().hooks).has(GL_HOOK_MMAP_FILE));
  EXPECT_TRUE(HookSet(Built(all).view().header().hooks).has(GL_HOOK_FILE_MPROTECT));
}

}  // namespace
}  // namespace glacis::image
