// SPDX-License-Identifier: Apache-2.0
// What policies of seccomp and of KubeArmor mean as ours, and what is said of the
// difference.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "lsm/abi/access.h"
#include "manager/backend/seccomp/oci.h"
#include "manager/backend/seccomp/policy.h"
#include "manager/import/kubearmor/import.h"
#include "manager/import/seccomp/import.h"
#include "tests/unit/built.h"
#include "tests/unit/import_fixture.h"

namespace glacis::import {
namespace {

using diag::Code;
using profile::SyscallAction;

Made import_json(const std::string& text, std::vector<std::string> capabilities = {}) {
  Made out;
  auto made = seccomp::import_text(text, "/p/s.json", {"s", std::move(capabilities)},
                                   out.diagnostics, out.sources);
  if (made) out.profiles.push_back(std::move(*made));
  return out;
}

Made import_yaml(const std::string& text) {
  Made out;
  out.profiles = kubearmor::import_text(text, "/p/k.yaml", out.diagnostics, out.sources);
  return out;
}

// What is said of each call, arguments left out.
std::map<std::string, std::set<SyscallAction>> calls(const Made& made) {
  std::map<std::string, std::set<SyscallAction>> out;
  const auto profile = made.resolved();
  EXPECT_TRUE(profile) << made.said();
  if (!profile) return out;
  for (const profile::Rule& rule : profile->rules) {
    if (const auto* body = std::get_if<profile::SyscallRule>(&rule.body)) {
      for (const std::string& call : body->calls) out[call].insert(body->action);
    }
  }
  return out;
}

TEST(Seccomp, AList) {
  const Made made = import_json(R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,
    "archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]}],
    "syscalls":[{"names":["read","write","no_such_call"],"action":"SCMP_ACT_ALLOW"},
     {"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":8,"op":"SCMP_CMP_EQ"}]},
     {"names":["clone"],"action":"SCMP_ACT_ALLOW",
      "args":[{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]},
     {"names":["mount"],"action":"SCMP_ACT_ERRNO"},
     {"names":["swapon"],"action":"SCMP_ACT_KILL_PROCESS"}]})");
  ASSERT_EQ(made.profiles.size(), 1u) << made.said();
  ASSERT_TRUE(made.profiles[0].good) << made.said() << made.profiles[0].text;
  auto all = calls(made);
  EXPECT_EQ(all["read"], std::set{SyscallAction::allow});
  EXPECT_EQ(all["swapon"], std::set{SyscallAction::kill});
  EXPECT_TRUE(all["mount"].empty());
  EXPECT_EQ(made.profiles[0].tally.all(), 6u);  // with the default
  const auto profile = made.resolved();
  for (const profile::Rule& rule : profile->rules) {
    const auto* body = std::get_if<profile::SyscallRule>(&rule.body);
    if (body == nullptr || body->args.empty()) continue;
    const bool masked = body->calls[0] == "clone";
    EXPECT_EQ(body->args[0].mask, masked ? 2114060288u : 0u);
    EXPECT_EQ(body->args[0].value, masked ? 0u : 8u);
  }
  // Where it was: the line of the rule.
  EXPECT_NE(made.profiles[0].text.find("# s.json:3"), std::string::npos) << made.profiles[0].text;
}

TEST(Seccomp, RefusalsFromAll) {
  const Made made = import_json(R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
    {"name":"ptrace","action":"SCMP_ACT_ERRNO","errnoRet":5},
    {"names":["read"],"action":"SCMP_ACT_ALLOW"},
    {"names":["no_such_call"],"action":"SCMP_ACT_ERRNO"},
    {"names":["ioctl"],"action":"SCMP_ACT_ERRNO","args":[
      {"index":1,"value":1,"op":"SCMP_CMP_EQ"},{"index":1,"value":2,"op":"SCMP_CMP_EQ"}]}]})");
  auto all = calls(made);
  EXPECT_EQ(all["ptrace"], std::set{SyscallAction::deny});
  // An allow would make it a list.
  EXPECT_TRUE(all["read"].empty());
  EXPECT_EQ(all["ioctl"], std::set{SyscallAction::deny});
  EXPECT_TRUE(made.has(Code::GL532) && made.has(Code::GL519)) << made.said();
  EXPECT_EQ(made.profiles.at(0).tally.looser, 1u);
}

TEST(Seccomp, IncludesAndExcludes) {
  const std::string text = R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
    {"names":["read"],"action":"SCMP_ACT_ALLOW"},
    {"names":["mount"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},
    {"names":["getpid"],"action":"SCMP_ACT_ALLOW","includes":{"arches":["s390x"]}},
    {"names":["unshare"],"action":"SCMP_ACT_ALLOW","excludes":{"caps":["CAP_SYS_ADMIN"]}}]})";
  auto without = calls(import_json(text));
  EXPECT_TRUE(without.contains("unshare") && !without.contains("mount"));
  EXPECT_FALSE(without.contains("getpid"));
  EXPECT_TRUE(import_json(text).has(Code::GL529));
  EXPECT_EQ(import_json(text).profiles.at(0).tally.tighter, 1u);
  auto with = calls(import_json(text, {"CAP_SYS_ADMIN"}));
  EXPECT_TRUE(with.contains("mount") && !with.contains("unshare"));
}

// In the shape of docker's default.
TEST(Seccomp, LikeDockers) {
  const std::string text = R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,
    "archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]},
     {"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]}],
    "syscalls":[{"names":["read","write","openat"],"action":"SCMP_ACT_ALLOW"},
     {"names":["process_vm_readv","ptrace"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8"}},
     {"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":40,"op":"SCMP_CMP_NE"}]},
     {"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":8,"op":"SCMP_CMP_EQ"}]},
     {"names":["sync_file_range2"],"action":"SCMP_ACT_ALLOW","includes":{"arches":["ppc64le"]}},
     {"names":["bpf","clone","mount"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},
     {"names":["clone"],"action":"SCMP_ACT_ALLOW",
      "args":[{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}],
      "excludes":{"caps":["CAP_SYS_ADMIN"],"arches":["s390","s390x"]}},
     {"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38,"excludes":{"caps":["CAP_SYS_ADMIN"]}}]})";
  const Made made = import_json(text);
  ASSERT_EQ(made.profiles.size(), 1u) << made.said();
  EXPECT_TRUE(made.profiles[0].good) << made.said() << made.profiles[0].text;
  auto all = calls(made);
  EXPECT_TRUE(all.contains("ptrace") && all.contains("clone") && !all.contains("mount"));
  EXPECT_FALSE(all.contains("clone3") || all.contains("sync_file_range2"));
  EXPECT_TRUE(made.resolved()->syscalls_compat);
  EXPECT_EQ(all["socket"], (std::set{SyscallAction::allow, SyscallAction::deny}));
  EXPECT_FALSE(made.has(Code::GL531) &&
               made.said().find("granted and refused") != std::string::npos);
  auto with = calls(import_json(text, {"CAP_SYS_ADMIN"}));
  EXPECT_TRUE(with.contains("mount") && with["clone"] == std::set{SyscallAction::allow});
}

// A call that one rule grants and another refuses is refused, and that is said.
TEST(Seccomp, Overlaps) {
  struct Case {
    const char* rules;
    bool granted, said;
  };
  for (
      const Case& each :
      {Case{R"({"names":["mount"],"action":"SCMP_ACT_ALLOW"})", true, false},
       Case{
           R"({"names":["mount"],"action":"SCMP_ACT_ALLOW"},{"names":["mount"],"action":"SCMP_ACT_ERRNO"})",
           false, true},
       Case{
           R"({"names":["mount"],"action":"SCMP_ACT_KILL"},{"names":["mount"],"action":"SCMP_ACT_ALLOW"})",
           false, true},
       Case{
           R"({"names":["mount"],"action":"SCMP_ACT_ALLOW"},{"names":["mount"],"action":"SCMP_ACT_ERRNO",
                 "args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]})",
           true, true}}) {
    const Made made = import_json(R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
        {"names":["read"],"action":"SCMP_ACT_ALLOW"},)" +
                                  std::string(each.rules) + "]}");
    ASSERT_TRUE(made.profiles.at(0).good) << made.said();
    EXPECT_EQ(calls(made)["mount"].contains(SyscallAction::allow), each.granted) << each.rules;
    EXPECT_EQ(made.has(Code::GL531), each.said) << each.rules << made.said();
  }
}

TEST(Seccomp, ComparisonsThatAreNotHeld) {
  const auto with = [](const char* action, const char* op) {
    return import_json(R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
      {"names":["read"],"action":"SCMP_ACT_ALLOW"},{"names":["ioctl"],"action":")" +
                       std::string(action) + R"(","args":[{"index":1,"value":5,"op":")" + op +
                       R"("}]}]})");
  };
  for (const char* op : {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"}) {
    for (const char* action : {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL"}) {
      const Made made = with(action, (std::string("SCMP_CMP_") + op).c_str());
      ASSERT_EQ(made.profiles.size(), 1u) << op << made.said();
      EXPECT_TRUE(made.profiles[0].good) << action << op << made.said();
    }
  }
  EXPECT_TRUE(with("SCMP_ACT_ALLOW", "SCMP_CMP_GT").has(Code::GL529));
  EXPECT_TRUE(with("SCMP_ACT_KILL", "SCMP_CMP_LT").has(Code::GL528));
}

TEST(Seccomp, AllElseIsGranted) {
  const Made made = import_json(R"({"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW"}}})");
  const auto profile = made.resolved();
  ASSERT_TRUE(profile) << made.said();
  const Built built(*profile);
  EXPECT_TRUE(built.reads("/any/file"));
  EXPECT_EQ(built.decide(sim::CapabilityRequest{GL_CAP_SYS_ADMIN}).decision, GL_ALLOW);
  EXPECT_EQ(built.decide(sim::FileRequest{"/x", GL_FILE_EXECUTE}).decision, GL_ALLOW);
  EXPECT_EQ(built.decide(sim::NetRequest{GL_NET_CONNECT, GL_SOCKET_TCP, false, {1}, 80}).decision,
            GL_ALLOW);
}

// What is exported comes back: the second export is the first.
TEST(Seccomp, ThereAndBack) {
  for (
      const char* text :
      {R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["ptrace"],"action":"SCMP_ACT_ERRNO"}]})",
       R"({"defaultAction":"SCMP_ACT_ERRNO","archMap":[{"subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_ARM"]}],
          "syscalls":[{"names":["read","write"],"action":"SCMP_ACT_ALLOW"},
          {"names":["swapon"],"action":"SCMP_ACT_KILL"},
          {"names":["clone"],"action":"SCMP_ACT_ALLOW",
           "args":[{"index":0,"value":268435456,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}]})"}) {
    const auto exported = [](const Made& made) {
      const auto profile = made.resolved();
      EXPECT_TRUE(profile) << made.said();
      const Built built(*profile);
      const auto out = glacis::seccomp::oci_json(glacis::seccomp::policy_of(built.view()),
                                                 glacis::seccomp::this_machine(), nullptr);
      EXPECT_TRUE(out) << (out ? "" : out.error().what);
      return out ? *out : std::string();
    };
    const std::string first = exported(import_json(text));
    EXPECT_EQ(exported(import_json(first)), first) << first;
  }
}

TEST(Seccomp, Hostile) {
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{"), std::string("{}"),
        std::string(R"({"defaultAction":1})"), std::string(R"({"defaultAction":"SCMP_ACT_X"})"),
        std::string(R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":{}})"),
        std::string(R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[1]})"),
        std::string(R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],)"
                    R"("action":"SCMP_ACT_ERRNO","args":[{"index":6,"op":"SCMP_CMP_EQ"}]}]})"),
        std::string(R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],)"
                    R"("action":"SCMP_ACT_ERRNO","args":[{"index":-1,"op":"SCMP_CMP_EQ"}]}]})"),
        std::string(300'000, '['),
        "{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}"}) {
    const Made made = import_json(text);
    EXPECT_TRUE(made.diagnostics.failed()) << text.substr(0, 60);
    EXPECT_TRUE(made.profiles.empty());
  }
}

const std::string head =
    "apiVersion: security.kubearmor.com/v1\nkind: KubeArmorPolicy\nmetadata:\n  name: web\nspec:\n"
    "  selector:\n    matchLabels:\n      app: web\n";

TEST(KubeArmor, BlockTakesFromAll) {
  const Made made = import_yaml(head +
                                "  process:\n    matchPaths:\n    - path: /bin/sh\n"
                                "    matchDirectories:\n    - dir: /sbin/\n      recursive: true\n"
                                "  file:\n    matchDirectories:\n    - dir: /etc/ro/\n"
                                "      readOnly: true\n    matchPatterns:\n"
                                "    - pattern: /run/secret*\n"
                                "  network:\n    matchProtocols:\n    - protocol: udp\n"
                                "  capabilities:\n    matchCapabilities:\n"
                                "    - capability: net_raw\n  action: Block\n");
  const auto profile = made.resolved();
  ASSERT_TRUE(profile) << made.said();
  const Built built(*profile);
  const auto file = [&](const char* path, std::uint32_t access) {
    return built.decide(sim::FileRequest{path, access}).decision == GL_ALLOW;
  };
  EXPECT_FALSE(file("/bin/sh", GL_FILE_EXECUTE));
  EXPECT_TRUE(file("/bin/ls", GL_FILE_EXECUTE));
  EXPECT_FALSE(file("/sbin/a/b", GL_FILE_EXECUTE));
  EXPECT_TRUE(file("/etc/ro/x", GL_FILE_READ));
  EXPECT_FALSE(file("/etc/ro/x", GL_FILE_WRITE));
  EXPECT_TRUE(file("/etc/ro/x/y", GL_FILE_WRITE));
  EXPECT_FALSE(file("/run/secret1", GL_FILE_READ));
  const auto net = [&](gl_socket kind) {
    return built.decide(sim::NetRequest{GL_NET_CONNECT, kind, false, {1}, 80}).decision == GL_ALLOW;
  };
  EXPECT_TRUE(net(GL_SOCKET_TCP));
  EXPECT_FALSE(net(GL_SOCKET_UDP));
  EXPECT_NE(built.decide(sim::CapabilityRequest{GL_CAP_NET_RAW}).decision, GL_ALLOW);
  EXPECT_EQ(built.decide(sim::CapabilityRequest{GL_CAP_KILL}).decision, GL_ALLOW);
  EXPECT_TRUE(made.has(Code::GL533));
  EXPECT_NE(made.profiles[0].text.find("# k.yaml:11"), std::string::npos) << made.profiles[0].text;
}

TEST(KubeArmor, AllowIsAList) {
  const Made made = import_yaml(head +
                                "  process:\n    matchPaths:\n    - path: /bin/app\n"
                                "      fromSource:\n      - path: /bin/sh\n"
                                "  file:\n    matchPaths:\n    - path: /data/own\n"
                                "      ownerOnly: true\n    - path: /data/ro\n"
                                "      readOnly: true\n    - path: /data/no\n"
                                "      action: Block\n  action: Allow\n");
  const auto profile = made.resolved();
  ASSERT_TRUE(profile) << made.said();
  const Built built(*profile);
  const auto file = [&](const char* path, std::uint32_t access, std::uint32_t owner = 0) {
    return built.decide(sim::FileRequest{path, access, owner}).decision == GL_ALLOW;
  };
  EXPECT_TRUE(file("/bin/app", GL_FILE_EXECUTE));
  EXPECT_FALSE(file("/bin/ls", GL_FILE_EXECUTE));
  EXPECT_TRUE(file("/data/own", GL_FILE_WRITE, GL_OWNER_SELF));
  EXPECT_FALSE(file("/data/own", GL_FILE_WRITE));
  EXPECT_TRUE(file("/data/ro", GL_FILE_READ));
  EXPECT_FALSE(file("/data/ro", GL_FILE_WRITE));
  EXPECT_FALSE(file("/etc/passwd", GL_FILE_READ));
  // Classes without an Allow stay open.
  EXPECT_EQ(built.decide(sim::CapabilityRequest{GL_CAP_KILL}).decision, GL_ALLOW);
  EXPECT_TRUE(made.has(Code::GL515)) << made.said();
  EXPECT_EQ(made.profiles[0].tally.looser, 1u);
}

TEST(KubeArmor, WhatIsNotHeldIsSaid) {
  struct Case {
    const char* spec;
    Code code;
  };
  for (const Case& each :
       {Case{"  process:\n    matchPaths:\n    - path: /x\n      fromSource:\n      - path: /y\n",
             Code::GL528},
        Case{"  network:\n    matchProtocols:\n    - protocol: TCP\n      action: Allow\n"
             "      fromSource:\n      - path: /y\n",
             Code::GL515},
        Case{"  file:\n    matchDirectories:\n    - dir: /x/\n      ownerOnly: true\n",
             Code::GL528},
        Case{"  file:\n    matchPaths:\n    - path: /x\n      action: Audit\n", Code::GL527},
        Case{"  process:\n    matchPaths:\n    - execname: x\n", Code::GL529},
        Case{"  network:\n    matchProtocols:\n    - protocol: icmp\n      action: Allow\n",
             Code::GL517},
        Case{"  syscalls:\n    matchSyscalls:\n    - syscall: [unlink]\n", Code::GL527},
        Case{"  device:\n    matchDevice:\n    - class: MASS-STORAGE\n", Code::GL530},
        Case{"  presets:\n  - name: filelessExec\n", Code::GL530},
        Case{"  file:\n    matchHashes:\n    - x\n", Code::GL530},
        Case{"  apparmor: some-profile\n", Code::GL530}}) {
    const Made made = import_yaml(head + each.spec + "  action: Block\n");
    ASSERT_EQ(made.profiles.size(), 1u) << each.spec << made.said();
    EXPECT_TRUE(made.profiles[0].good) << made.said();
    EXPECT_TRUE(made.has(each.code)) << each.spec << made.said();
  }
}

TEST(KubeArmor, Hostile) {
  std::string deep = head + "  file: ";
  for (int i = 0; i < 5000; ++i) deep += "[";
  std::string bomb = "a: &a [x, x]\nb: &b [*a, *a]\nkind: KubeArmorPolicy\n";
  for (const std::string& text :
       {std::string(), std::string("a: b\n"), std::string("\t- {"), head.substr(0, 60), deep, bomb,
        head + "  action: Maybe\n", head + "  file:\n    matchPaths:\n    - path: x\n",
        head + "  file:\n    matchPatterns:\n    - pattern: /[\n",
        head + "  file:\n    matchPatterns:\n    - pattern: //etc/shadow\n  action: Block\n",
        head + "  capabilities:\n    matchCapabilities:\n    - capability: nope\n",
        head + "  network:\n    matchProtocols:\n    - protocol: \"\\x1b\"\n",
        head + "  file:\n    matchPaths:\n    - path: /x\n      readOnly: perhaps\n",
        std::string(300'000, 'a'), std::string("? [a]\n: b\n")}) {
    const Made made = import_yaml(text);
    EXPECT_TRUE(made.diagnostics.failed()) << text.substr(0, 200);
    EXPECT_TRUE(made.profiles.empty());
  }
}

TEST(KubeArmor, SeveralDocuments) {
  const Made made = import_yaml(head + "  action: Block\n---\nkind: Pod\n---\n" +
                                "kind: KubeArmorHostPolicy\nmetadata:\n  name: host\nspec:\n"
                                "  nodeSelector: {}\n  file:\n    matchPaths:\n"
                                "    - path: /etc/shadow\n");
  ASSERT_EQ(made.profiles.size(), 2u) << made.said();
  EXPECT_EQ(made.profiles[1].name, "host");
  EXPECT_TRUE(made.profiles[0].good && made.profiles[1].good) << made.said();
}

}  // namespace
}  // namespace glacis::import
