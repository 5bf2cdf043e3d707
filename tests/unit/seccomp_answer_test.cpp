// SPDX-License-Identifier: Apache-2.0
// What can be said afterwards of a call that was refused: compared with what the
// filter of the same policy answers.
#include <linux/seccomp.h>
#include <seccomp.h>

#include <cerrno>

#include "manager/backend/seccomp/answer.h"
#include "tests/unit/built.h"

namespace glacis::seccomp {
namespace {

using profile::SyscallOp;
using profile::SyscallRule;
using Is = Answer::Is;

constexpr std::uint32_t x86_64 = SCMP_ARCH_X86_64, i386 = SCMP_ARCH_X86;
constexpr std::int64_t read_call = 0, mkdir_call = 83, personality_call = 135, ptrace_call = 101;

Policy policy(std::initializer_list<profile::RuleBody> rules) {
  return policy_of(Built(profile_with(rules)).view());
}
Answer ask(const Policy& policy, std::int64_t number, std::uint32_t code = SECCOMP_RET_ERRNO,
           std::uint32_t arch = x86_64) {
  return answer_of(policy, machine_of(x86_64), arch, number, code);
}

TEST(SeccompAnswer, Names) {
  EXPECT_EQ(name_of(x86_64, mkdir_call).call, "mkdir");
  EXPECT_EQ(name_of(x86_64, mkdir_call).abi, "x86_64");
  EXPECT_EQ(name_of(i386, 39).call, "mkdir");
  EXPECT_EQ(name_of(i386, 39).abi, "i386");
  EXPECT_EQ(name_of(x86_64, 0x40000000 + 83).abi, "x32");
  for (const std::int64_t none :
       {std::int64_t{-1}, std::int64_t{-101}, std::int64_t{4000000}, std::int64_t{1} << 40})
    EXPECT_FALSE(name_of(x86_64, none).call) << none;
  EXPECT_EQ(name_of(0x1234, 5).abi, "0x1234");
}

TEST(SeccompAnswer, ARefusalNamesItsRule) {
  const Policy deny = policy(
      {profile::KernelRule{GL_KERNEL_BPF}, SyscallRule{SyscallAction::deny, {"mkdir"}, {}, {}}});
  const Answer answer = ask(deny, mkdir_call);
  EXPECT_EQ(answer.is, Is::always);
  EXPECT_EQ(answer.rule, 2u);
  EXPECT_EQ(answer.error, EPERM);
  EXPECT_EQ(ask(deny, read_call).is, Is::no);
  EXPECT_EQ(ask(deny, mkdir_call, SECCOMP_RET_KILL_PROCESS).is, Is::no);
  EXPECT_EQ(ask(deny, mkdir_call, SECCOMP_RET_TRAP).is, Is::no);
  EXPECT_EQ(ask(deny, mkdir_call, SECCOMP_RET_LOG).is, Is::always);
  EXPECT_EQ(ask(deny, mkdir_call, SECCOMP_RET_LOG).error, 0);
  EXPECT_EQ(ask(deny, 39, SECCOMP_RET_ERRNO, i386).rule, 2u);
}

TEST(SeccompAnswer, AListRefusesWhatItLacks) {
  const Policy list = policy({SyscallRule{SyscallAction::allow, {"read"}, {}, {}}});
  EXPECT_EQ(ask(list, read_call).is, Is::no);
  EXPECT_EQ(ask(list, mkdir_call).is, Is::always);
  EXPECT_EQ(ask(list, mkdir_call).rule, 0u);
  EXPECT_FALSE(ask(list, mkdir_call).baseline);
  EXPECT_EQ(ask(list, mkdir_call).error, EPERM);
  EXPECT_EQ(ask(list, 4000).error, ENOSYS);
  const Answer foreign = ask(list, 3, SECCOMP_RET_ERRNO, i386);
  EXPECT_EQ(foreign.is, Is::always) << "the other ABI is refused whole";
  EXPECT_TRUE(foreign.baseline);
}

TEST(SeccompAnswer, ConditionsAreNotSure) {
  const Policy some =
      policy({SyscallRule{SyscallAction::kill, {"ptrace"}, {}, {}},
              SyscallRule{SyscallAction::deny, {"mkdir"}, {{1, SyscallOp::eq, 511, 0}}, {}}});
  EXPECT_EQ(ask(some, mkdir_call).is, Is::sometimes);
  EXPECT_EQ(ask(some, mkdir_call).rule, 2u);
  EXPECT_EQ(ask(some, ptrace_call).is, Is::no);
  EXPECT_EQ(ask(some, ptrace_call, SECCOMP_RET_KILL_PROCESS).is, Is::always);
  const Answer baseline = ask(some, personality_call);
  EXPECT_EQ(baseline.is, Is::sometimes);
  EXPECT_TRUE(baseline.baseline);
  EXPECT_TRUE(ask(some, 0x40000000 + 83).baseline) << "x32";
}

}  // namespace
}  // namespace glacis::seccomp
