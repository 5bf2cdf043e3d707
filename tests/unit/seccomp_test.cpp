// SPDX-License-Identifier: Apache-2.0
// Groups, the policy from an image, complements, and the OCI document.
#include <gtest/gtest.h>
#include <seccomp.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "manager/backend/seccomp/complement.h"
#include "manager/backend/seccomp/oci.h"
#include "manager/image/syscalls.h"
#include "manager/profile/syscalls.h"
#include "tests/unit/built.h"

namespace glacis::seccomp {
namespace {

using Json = nlohmann::json;
using profile::SyscallOp;
using profile::SyscallRule;

TEST(Seccomp, EveryKnownCallIsInOneGroup) {
  std::map<std::string, int> times;
  for (const profile::SyscallGroup& group : profile::syscall_groups()) {
    EXPECT_TRUE(group.name.starts_with('@')) << group.name;
    EXPECT_FALSE(group.text.empty()) << group.name;
    for (const std::string& call : group.calls) {
      ++times[call];
      EXPECT_TRUE(profile::is_syscall(call)) << call;
    }
  }
  for (const std::uint32_t machine : std::initializer_list<std::uint32_t>{
           SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_AARCH64, SCMP_ARCH_ARM}) {
    std::vector<int> numbers = {0x0f0001, 0x0f0002, 0x0f0003, 0x0f0004, 0x0f0005, 0x0f0006};
    for (int number = -300; number < 2000; ++number) numbers.push_back(number);
    for (const int number : numbers) {
      char* name = ::seccomp_syscall_resolve_num_arch(machine, number);
      if (name != nullptr) {
        EXPECT_EQ(times[name], 1) << name;
      }
      std::free(name);
    }
  }
  EXPECT_FALSE(profile::syscall_groups_kernel().empty());
}

TEST(Seccomp, ImageKeepsWhatTheProfileSays) {
  profile::ResolvedProfile profile = profile_with(
      {SyscallRule{SyscallAction::allow, {"read", "write"}, {}, "@io"},
       profile::KernelRule{GL_KERNEL_BPF},
       SyscallRule{SyscallAction::kill,
                   {"socket"},
                   {{0, SyscallOp::eq, 10, 0}, {2, SyscallOp::masked_eq, ~0ull, ~0ull}},
                   {}}});
  profile.syscalls_compat = true;
  const Built built(profile);
  EXPECT_EQ(built.view().syscalls(),
            "compat\n1 allow read,write\n3 kill socket 0:eq:a:0 "
            "2:masked_eq:ffffffffffffffff:ffffffffffffffff\n");
  const image::Syscalls read = image::syscalls_of(built.view());
  ASSERT_EQ(read.lines.size(), 2u);
  EXPECT_TRUE(read.compat);
  EXPECT_EQ(read.lines[1].body.args, std::get<SyscallRule>(profile.rules[2].body).args);
}

TEST(Seccomp, OtherTextIsNoSection) {
  for (const char* text :
       {"1 allow", "1 allow read", "0 allow read\n", "1 grant read\n", "1 allow Read\n",
        "01 allow read\n", "1 allow read,\n", "1 allow read 6:eq:1:0\n", "1 allow read 0:eq:A:0\n",
        "1 allow read 0:eq:1\n", "1 allow read 1:eq:1:0 0:eq:1:0\n", "compat", "compat2\n",
        "2 allow read\n1 allow write\n", "1 allow read\n\n", "1 allow read  0:eq:1:0\n"})
    EXPECT_FALSE(image::parse_syscalls(text)) << text;
  EXPECT_TRUE(image::parse_syscalls(""));
  EXPECT_TRUE(image::parse_syscalls("compat\n"));
}

TEST(Seccomp, ListKnowsEveryCall) {
  const Built built(profile_with({SyscallRule{SyscallAction::allow, {"read"}, {}, {}}}));
  const Policy policy = policy_of(built.view());
  EXPECT_TRUE(policy.list);
  EXPECT_FALSE(policy.compat);
  EXPECT_EQ(policy.find("read")->otherwise, SyscallAction::allow);
  EXPECT_EQ(policy.find("exit_group")->otherwise, SyscallAction::allow);
  EXPECT_EQ(policy.find("write")->otherwise, SyscallAction::deny);
  EXPECT_EQ(policy.find("no_such"), nullptr);
}

bool holds(const std::vector<SyscallArg>& args, std::uint64_t value) {
  return std::ranges::all_of(args, [&](const SyscallArg& arg) {
    switch (arg.op) {
      case SyscallOp::eq:
        return value == arg.value;
      case SyscallOp::ne:
        return value != arg.value;
      case SyscallOp::lt:
        return value < arg.value;
      case SyscallOp::le:
        return value <= arg.value;
      case SyscallOp::gt:
        return value > arg.value;
      case SyscallOp::ge:
        return value >= arg.value;
      case SyscallOp::masked_eq:
        return (value & arg.mask) == arg.value;
    }
    return false;
  });
}

TEST(Seccomp, ComplementIsTheRest) {
  const std::vector<std::vector<Clause>> cases = {
      {},
      {{{{0, SyscallOp::eq, 5, 0}}, 1}},
      {{{{0, SyscallOp::eq, 0x100000005, 0}}, 1}},
      {{{{0, SyscallOp::gt, 5, 0}}, 1}},
      {{{{0, SyscallOp::ne, 5, 0}}, 1}},
      {{{{0, SyscallOp::masked_eq, 2, 2}}, 1}, {{{0, SyscallOp::masked_eq, 8, 8}}, 2}},
  };
  for (const auto& refusals : cases) {
    const auto rest = complement(refusals);
    ASSERT_TRUE(rest);
    for (const std::uint64_t value : {0ull, 1ull, 2ull, 4ull, 5ull, 6ull, 8ull, 10ull, 13ull,
                                      0x100000005ull, 0x200000005ull, 0x100000004ull, ~0ull}) {
      const bool refused = std::ranges::any_of(
          refusals, [&](const Clause& clause) { return holds(exact(clause), value); });
      const bool left =
          std::ranges::any_of(*rest, [&](const auto& args) { return holds(args, value); });
      EXPECT_EQ(left, !refused) << value;
    }
  }
}

TEST(Seccomp, OciDocument) {
  const Built built(
      profile_with({SyscallRule{SyscallAction::allow, {"read", "socket"}, {}, {}},
                    SyscallRule{SyscallAction::deny, {"socket"}, {{0, SyscallOp::gt, 10, 0}}, {}},
                    SyscallRule{SyscallAction::kill, {"bpf"}, {}, {}}}));
  const auto text = oci_json(policy_of(built.view()), machine_of(SCMP_ARCH_X86_64), nullptr);
  ASSERT_TRUE(text) << text.error().what;
  const Json json = Json::parse(*text);
  EXPECT_EQ(json["defaultAction"], "SCMP_ACT_ERRNO");
  EXPECT_EQ(json["defaultErrnoRet"], 38);
  EXPECT_FALSE(json.contains("flags"));
  EXPECT_EQ(json["architectures"], Json({"SCMP_ARCH_X86_64"}));
  int socket_rules = 0;
  for (const Json& rule : json["syscalls"]) {
    if (rule["names"] != Json({"socket"})) continue;
    ++socket_rules;
    const bool allow = rule["action"] == "SCMP_ACT_ALLOW";
    EXPECT_EQ(rule["args"][0]["op"], allow ? "SCMP_CMP_LE" : "SCMP_CMP_GT");
    EXPECT_EQ(rule["args"][0]["value"], 10);
  }
  EXPECT_EQ(socket_rules, 2);
}

// One filter has no order among its rules and one comparison an argument.
TEST(Seccomp, OciSaysWhatItCannotExpress) {
  const Built built(
      profile_with({SyscallRule{SyscallAction::allow, {"socket"}, {}, {}},
                    SyscallRule{SyscallAction::deny, {"socket"}, {{0, SyscallOp::gt, 10, 0}}, {}},
                    SyscallRule{SyscallAction::deny, {"socket"}, {{0, SyscallOp::eq, 3, 0}}, {}}}));
  const auto text = oci_json(policy_of(built.view()), machine_of(SCMP_ARCH_X86_64), nullptr);
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().what.find("rule 2"), std::string::npos) << text.error().what;
}

}  // namespace
}  // namespace glacis::seccomp
