// SPDX-License-Identifier: Apache-2.0
// The generated filters against what the profile says, for every call number of
// each architecture and for arguments that conditions speak of. The oracle here
// shares nothing with manager/backend/seccomp but the rules of the profile.
#include <errno.h>
#include <gtest/gtest.h>
#include <seccomp.h>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "manager/backend/seccomp/filter.h"
#include "manager/image/syscalls.h"
#include "manager/profile/syscalls.h"
#include "tests/unit/built.h"
#include "tests/unit/seccomp_machine.h"

namespace glacis::seccomp {
namespace {

using profile::ResolvedProfile;
using profile::SyscallOp;
using profile::SyscallRule;
using Arguments = std::array<std::uint64_t, 6>;

constexpr std::uint32_t eperm = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t x32_bit = 0x40000000;

std::string name_of(std::uint32_t machine, int number) {
  char* name = ::seccomp_syscall_resolve_num_arch(machine, number);
  std::string out = name != nullptr ? name : "";
  std::free(name);
  return out;
}

// The calls behind socketcall(2) and ipc(2), from linux/net.h and linux/ipc.h.
const std::map<std::uint64_t, std::string> socket_parts = {
    {1, "socket"},    {2, "bind"},        {3, "connect"},     {4, "listen"},
    {5, "accept"},    {6, "getsockname"}, {7, "getpeername"}, {8, "socketpair"},
    {9, "send"},      {10, "recv"},       {11, "sendto"},     {12, "recvfrom"},
    {13, "shutdown"}, {14, "setsockopt"}, {15, "getsockopt"}, {16, "sendmsg"},
    {17, "recvmsg"},  {18, "accept4"},    {19, "recvmmsg"},   {20, "sendmmsg"}};
const std::map<std::uint64_t, std::string> ipc_parts = {
    {1, "semop"},   {2, "semget"},  {3, "semctl"},  {4, "semtimedop"},
    {11, "msgsnd"}, {12, "msgrcv"}, {13, "msgget"}, {14, "msgctl"},
    {21, "shmat"},  {22, "shmdt"},  {23, "shmget"}, {24, "shmctl"}};

bool is_part(const std::string& name) {
  const auto has = [&](const auto& parts) {
    return std::ranges::any_of(parts, [&](const auto& part) { return part.second == name; });
  };
  return has(socket_parts) || has(ipc_parts);
}

class Oracle {
 public:
  explicit Oracle(const ResolvedProfile& profile) : profile_(profile) {
    for (const profile::Rule& rule : profile.rules) {
      if (const auto* said = std::get_if<SyscallRule>(&rule.body)) {
        rules_.push_back(said);
        list_ = list_ || said->action == SyscallAction::allow;
      }
      if (const auto* memory = std::get_if<profile::MemoryRule>(&rule.body))
        heap_ = heap_ || (memory->access & GL_MEMORY_EXEC_HEAP) != 0;
      if (const auto* path = std::get_if<profile::PathRule>(&rule.body))
        append_ = append_ || ((path->access & GL_FILE_APPEND) && !(path->access & GL_FILE_WRITE));
    }
  }

  [[nodiscard]] bool foreign(const Machine& machine, std::uint32_t at) const {
    return at != machine.native && (at != machine.compat || (list_ && !profile_.syscalls_compat));
  }

  [[nodiscard]] std::uint32_t answer(std::uint32_t machine, int number,
                                     const Arguments& args) const {
    std::string name = name_of(machine, number);
    bool blind = false;
    if (machine == SCMP_ARCH_X86) {
      blind = is_part(name);
      if (name == "socketcall" || name == "ipc") {
        const auto& parts = name == "ipc" ? ipc_parts : socket_parts;
        const auto part = parts.find(name == "ipc" ? args[0] & 0xffff : args[0]);
        name = part == parts.end() ? "" : part->second;
        blind = true;
      }
    }
    return name.empty() ? (list_ ? enosys : SECCOMP_RET_ALLOW) : of(name, args, machine, blind);
  }

 private:
  [[nodiscard]] std::uint32_t of(const std::string& name, const Arguments& args,
                                 std::uint32_t machine, bool blind) const {
    bool refused = baseline(name, args), killed = false, always = false;
    bool allowed = !list_ || std::ranges::find(always_allowed, name) != std::end(always_allowed);
    for (const SyscallRule* rule : rules_) {
      if (std::ranges::find(rule->calls, name) == rule->calls.end()) continue;
      if (blind && !rule->args.empty()) {
        // What can't be looked at is not granted, and a refusal holds.
        if (rule->action != SyscallAction::allow) refused = true;
        continue;
      }
      if (!holds(*rule, args, machine)) continue;
      if (rule->action == SyscallAction::allow) allowed = true;
      if (rule->action == SyscallAction::deny) refused = true;
      if (rule->action == SyscallAction::kill) killed = true;
      if (rule->action == SyscallAction::kill && rule->args.empty()) always = true;
    }
    if (always || killed) return SECCOMP_RET_KILL_PROCESS;
    return refused || !allowed ? eperm : SECCOMP_RET_ALLOW;
  }

  [[nodiscard]] bool baseline(const std::string& name, const Arguments& args) const {
    const auto persona = static_cast<std::uint32_t>(args[0]);
    if (name == "personality" && !heap_) return (persona & 0x400000) != 0 && persona != 0xffffffff;
    if (!append_) return false;
    if (name == "pwritev2") return (args[5] & 0x20) != 0;
    if (name == "fallocate") return (args[1] & (0x02 | 0x08 | 0x10 | 0x20)) != 0;
    return name == "io_submit";
  }

  static bool holds(const SyscallRule& rule, const Arguments& args, std::uint32_t machine) {
    const bool narrow = machine == SCMP_ARCH_X86 || machine == SCMP_ARCH_ARM;
    const bool refusal = rule.action != SyscallAction::allow;
    return std::ranges::all_of(rule.args, [&](const SyscallArg& arg) {
      std::uint64_t have = args[arg.index], want = arg.value;
      if (narrow) want &= 0xffffffff;
      switch (arg.op) {
        case SyscallOp::eq:
          return refusal && arg.value <= 0xffffffff ? (have & 0xffffffff) == want : have == want;
        case SyscallOp::ne:
          return have != want;
        case SyscallOp::lt:
          return have < want;
        case SyscallOp::le:
          return have <= want;
        case SyscallOp::gt:
          return have > want;
        case SyscallOp::ge:
          return have >= want;
        case SyscallOp::masked_eq:
          return (have & arg.mask) == want;
      }
      return false;
    });
  }

  const ResolvedProfile& profile_;
  std::vector<const SyscallRule*> rules_;
  bool list_ = false, heap_ = false, append_ = false;
};

// Values around those that conditions name, in each argument.
std::vector<Arguments> interesting(const ResolvedProfile& profile, const std::string& name) {
  std::set<std::uint64_t> values = {0, 1, 0x20, 0x400000, 0xffffffff, ~0ull, 0x100000000};
  std::set<unsigned> indices = {0};
  if (name == "fallocate") {
    indices.insert(1);
    values.insert({2, 3, 8, 0x10});
  }
  if (name == "pwritev2") indices.insert(5);
  if (name == "socketcall" || name == "ipc")
    for (std::uint64_t part = 0; part < 26; ++part) values.insert({part, part | 0x10000});
  for (const profile::Rule& rule : profile.rules) {
    const auto* said = std::get_if<SyscallRule>(&rule.body);
    if (said == nullptr || std::ranges::find(said->calls, name) == said->calls.end()) continue;
    for (const SyscallArg& arg : said->args) {
      indices.insert(arg.index);
      values.insert({arg.value, arg.value - 1, arg.value + 1, arg.value | 1ull << 32, arg.value ^ 1,
                     ~arg.mask, arg.value | ~arg.mask});
    }
  }
  std::vector<Arguments> out = {{}};
  constexpr std::size_t enough = 2000;  // combinations, then of the first indices only
  for (const unsigned index : indices)
    for (std::size_t i = 0, before = out.size(); i < before && out.size() < enough; ++i)
      for (const std::uint64_t value : values) {
        out.push_back(out[i]);
        out.back()[index] = value;
      }
  return out;
}

void compare(const ResolvedProfile& profile, std::uint32_t native) {
  const Built built(profile);
  const Machine machine = machine_of(native);
  const auto programs = build_filters(policy_of(built.view()), machine, Posture::refuse);
  ASSERT_TRUE(programs) << programs.error().what;
  const Oracle oracle(profile);
  std::size_t asked = 0;
  for (const std::uint32_t at : std::initializer_list<std::uint32_t>{
           SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, SCMP_ARCH_S390X}) {
    std::vector<int> numbers = {0x7fffffff, -1, 0x0f0005, 0x0f0007};
    for (int number = 0; number < 1200; ++number) numbers.push_back(number);
    for (const int number : numbers) {
      const bool narrow = at == SCMP_ARCH_X86 || at == SCMP_ARCH_ARM;
      for (Arguments args : interesting(profile, name_of(at, number))) {
        if (narrow)
          for (std::uint64_t& arg : args) arg &= 0xffffffff;
        seccomp_data data{number, at, 0, {}};
        std::ranges::copy(args, data.args);
        const bool x32 = at == SCMP_ARCH_X86_64 && number == 0x7fffffff;
        const std::uint32_t expected =
            oracle.foreign(machine, at) || x32 ? eperm : oracle.answer(at, number, args);
        ASSERT_EQ(run_stack(*programs, data), expected)
            << "machine " << std::hex << at << " call " << std::dec << number << " "
            << name_of(at, number) << std::hex << " args " << args[0] << " " << args[1] << " "
            << args[2] << " " << args[5];
        ++asked;
      }
    }
  }
  EXPECT_GT(asked, 6000u);
  // Calls of the x32 ABI, whose numbers have a bit of their own.
  if (native != SCMP_ARCH_X86_64) return;
  for (std::uint32_t number = 0; number < 600; ++number) {
    const seccomp_data data{static_cast<int>(x32_bit | number), SCMP_ARCH_X86_64, 0, {}};
    ASSERT_EQ(run_stack(*programs, data), eperm) << number;
  }
}

void compare_everywhere(const ResolvedProfile& profile) {
  for (const std::uint32_t native :
       std::initializer_list<std::uint32_t>{SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_AARCH64}) {
    SCOPED_TRACE(native);
    compare(profile, native);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

SyscallRule rule(SyscallAction action, std::vector<std::string> calls,
                 std::vector<SyscallArg> args = {}) {
  std::ranges::sort(calls);
  return {action, std::move(calls), std::move(args), {}};
}

SyscallRule group(std::string_view name, SyscallAction action = SyscallAction::allow) {
  return rule(action, profile::find_syscall_group(name)->calls);
}

TEST(SeccompFilter, BaselineAlone) { compare_everywhere(profile_with({})); }

TEST(SeccompFilter, BaselineOfAppend) {
  compare_everywhere(profile_with({profile::PathRule{"/var/log/x", GL_FILE_APPEND}}));
}

TEST(SeccompFilter, GrantsLiftTheBaseline) {
  compare_everywhere(profile_with({profile::PathRule{"/var/log/x", GL_FILE_APPEND | GL_FILE_WRITE},
                                   profile::MemoryRule{GL_MEMORY_EXEC_HEAP}}));
}

TEST(SeccompFilter, ListOfGroups) {
  ResolvedProfile profile = profile_with(
      {group("@base"), group("@io"), group("@file"), group("@network"), group("@obsolete"),
       rule(SyscallAction::deny, {"ptrace", "ioctl"}), rule(SyscallAction::kill, {"kexec_load"}),
       profile::PathRule{"/var/log/x", GL_FILE_APPEND}});
  compare_everywhere(profile);
  profile.syscalls_compat = true;
  compare_everywhere(profile);
}

TEST(SeccompFilter, DenialsWithoutAList) {
  compare_everywhere(profile_with(
      {group("@debug", SyscallAction::deny), group("@ipc", SyscallAction::deny),
       rule(SyscallAction::deny, {"bind", "socket"}), rule(SyscallAction::kill, {"bpf", "bind"})}));
}

TEST(SeccompFilter, ConditionsOnAList) {
  ResolvedProfile profile = profile_with(
      {group("@base"), group("@io"), group("@process"),
       rule(SyscallAction::allow, {"socket"}, {{0, SyscallOp::eq, 1, 0}}),
       rule(SyscallAction::allow, {"socket"},
            {{0, SyscallOp::eq, 2, 0}, {1, SyscallOp::masked_eq, 1, 0xf}}),
       rule(SyscallAction::allow, {"openat", "shmget"}, {{0, SyscallOp::eq, ~99ull, 0}}),
       rule(SyscallAction::allow, {"mknod"}, {{1, SyscallOp::le, 0x1fff, 0}}),
       rule(SyscallAction::allow, {"mkdir"}, {{1, SyscallOp::lt, 0x100000005, 0}}),
       rule(SyscallAction::deny, {"ioctl"}, {{1, SyscallOp::eq, 0x5412, 0}}),
       rule(SyscallAction::deny, {"prctl"}, {{0, SyscallOp::gt, 40, 0}}),
       rule(SyscallAction::kill, {"prctl", "openat"}, {{0, SyscallOp::eq, 7, 0}}),
       rule(SyscallAction::deny, {"lseek"}, {{2, SyscallOp::ne, 0, 0}})});
  compare_everywhere(profile);
  profile.syscalls_compat = true;
  compare_everywhere(profile);
}

TEST(SeccompFilter, ConditionsWithoutAList) {
  compare_everywhere(
      profile_with({rule(SyscallAction::deny, {"socket", "semget"}, {{0, SyscallOp::eq, 16, 0}}),
                    rule(SyscallAction::kill, {"socket"}, {{0, SyscallOp::ge, 40, 0}}),
                    rule(SyscallAction::deny, {"personality"}, {{0, SyscallOp::masked_eq, 8, 8}}),
                    rule(SyscallAction::deny, {"lseek"}, {{1, SyscallOp::eq, 0x200000003, 0}})}));
}

// Random rules, with conditions of every sort.
TEST(SeccompFilter, RandomProfiles) {
  const std::vector<std::string> names = {"socket", "openat",    "ioctl", "personality", "pwritev2",
                                          "mmap",   "fallocate", "clone", "io_submit",   "shmget"};
  std::uint32_t state = 7;
  const auto below = [&](std::uint32_t bound) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % bound;
  };
  for (int round = 0; round < 100; ++round) {
    ResolvedProfile profile = profile_with({});
    profile.syscalls_compat = below(2) == 1;
    const auto add = [&](profile::RuleBody body) {
      const auto id = static_cast<profile::RuleId>(profile.rules.size() + 1);
      profile.rules.push_back({id, {0, 10u * id, 3, 9}, std::move(body)});
    };
    if (below(2) == 1) add(group("@base"));
    if (below(3) == 1) add(profile::PathRule{"/l", GL_FILE_APPEND});
    for (std::uint32_t count = 1 + below(7); count > 0; --count) {
      SyscallRule made = rule(static_cast<SyscallAction>(below(3)), {names[below(10)]});
      const bool grant = made.action == SyscallAction::allow;
      const std::vector<SyscallOp> ops =
          grant ? std::vector{SyscallOp::eq, SyscallOp::lt, SyscallOp::le, SyscallOp::masked_eq}
                : std::vector{SyscallOp::eq, SyscallOp::ne, SyscallOp::gt, SyscallOp::ge,
                              SyscallOp::masked_eq};
      for (unsigned index = 0; index < 6 && below(3) > 0; index += 1 + below(3)) {
        SyscallArg arg{index, ops[below(static_cast<std::uint32_t>(ops.size()))], below(4), 0};
        if (arg.op == SyscallOp::masked_eq) {
          arg.mask = 1 + below(63);
          arg.value &= arg.mask;
        }
        made.args.push_back(arg);
      }
      add(std::move(made));
    }
    SCOPED_TRACE(image::encode(image::syscalls_of(profile)));
    compare(profile, SCMP_ARCH_X86_64);
    if (HasFatalFailure()) return;
  }
}

TEST(SeccompFilter, AuditOnlyLogs) {
  const Built built(profile_with({group("@base"), rule(SyscallAction::kill, {"bpf"})}));
  const auto programs =
      build_filters(policy_of(built.view()), machine_of(SCMP_ARCH_X86_64), Posture::log);
  ASSERT_TRUE(programs);
  for (int number = 0; number < 600; ++number) {
    const std::uint32_t answer = run_stack(*programs, {number, SCMP_ARCH_X86_64, 0, {}});
    EXPECT_TRUE(answer == SECCOMP_RET_ALLOW || answer == SECCOMP_RET_LOG) << number;
  }
  EXPECT_EQ(run_stack(*programs, {321, SCMP_ARCH_X86_64, 0, {}}), SECCOMP_RET_LOG);
}

}  // namespace
}  // namespace glacis::seccomp
