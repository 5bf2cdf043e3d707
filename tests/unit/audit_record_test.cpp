// SPDX-License-Identifier: Apache-2.0
// Records as kernels of Debian wrote them (6.1, 6.12), and what is no such record.
#include <gtest/gtest.h>

#include "manager/audit/record.h"

namespace glacis::audit {
namespace {

constexpr const char* call =
    R"(audit(1795794164.808:2): auid=4294967295 uid=0 gid=0 ses=4294967295 subj=unconfined pid=135 )"
    R"(comm="python3" exe="/usr/bin/python3.11" sig=0 arch=c000003e syscall=83 compat=0 )"
    R"(ip=0x7ffff7dab829 code=0x50000)";

TEST(AuditRecord, ACallThatAFilterRefused) {
  const auto record = parse(type_seccomp, call);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->time, 1795794164808000000);
  EXPECT_EQ(record->serial, 2u);
  EXPECT_EQ(record->pid, 135u);
  EXPECT_EQ(record->uid, 0u);
  EXPECT_EQ(record->comm.raw(), "python3");
  EXPECT_EQ(record->exe.raw(), "/usr/bin/python3.11");
  EXPECT_EQ(record->label.raw(), "unconfined");
  const auto& what = std::get<Seccomp>(record->what);
  EXPECT_EQ(what.arch, 0xc000003eu);
  EXPECT_EQ(what.call, 83);
  EXPECT_EQ(what.code, 0x50000u);
}

TEST(AuditRecord, NamesInHexadecimalHoldAnyByte) {
  const auto record =
      parse(type_seccomp,
            "audit(1.000:7): uid=0 gid=0 pid=183 comm=612062220A exe=(null) sig=0 arch=c000003e "
            "syscall=-1 compat=0 ip=0x0 code=0x0");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->comm.raw(), "a b\"\n");
  EXPECT_TRUE(record->exe.empty());
  EXPECT_EQ(std::get<Seccomp>(record->what).call, -1);
}

TEST(AuditRecord, AFileThatAppArmorRefused) {
  const auto record =
      parse(type_lsm,
            R"(audit(1795794345.774:25031): apparmor="DENIED" operation="mknod" class="file" )"
            R"(profile="glacis.probe" name=2F746D702F612062 pid=225 comm="sh" requested_mask="c" )"
            R"(denied_mask="c" fsuid=33 ouid=0)");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->uid, 33u);
  const auto& what = std::get<AppArmor>(record->what);
  EXPECT_EQ(what.answer, "DENIED");
  EXPECT_EQ(what.operation.raw(), "mknod");
  EXPECT_EQ(what.kind.raw(), "file");
  EXPECT_EQ(what.profile.raw(), "glacis.probe");
  EXPECT_EQ(what.name.raw(), "/tmp/a b");
  EXPECT_EQ(what.refused, "c");
}

TEST(AuditRecord, ACapabilityThatAppArmorRefused) {
  const auto record = parse(
      type_lsm,
      R"(audit(1795794259.292:40032): apparmor="DENIED" operation="capable" profile="glacis.probe" )"
      R"(pid=190 comm="unshare" capability=21  capname="sys_admin")");
  ASSERT_TRUE(record);
  EXPECT_EQ(std::get<AppArmor>(record->what).capability.raw(), "sys_admin");
  EXPECT_TRUE(std::get<AppArmor>(record->what).name.empty());
}

TEST(AuditRecord, AnotherSecurityModuleIsNoneOfThese) {
  EXPECT_FALSE(parse(type_lsm, "audit(1.000:7): avc:  denied  { read } for  pid=9 comm=\"x\""));
  EXPECT_FALSE(parse(1300, call));
}

// The kernel puts names with a quote or a blank in hexadecimal: what looks like fields
// within quotes is a part of the name.
TEST(AuditRecord, ANameIsNoField) {
  const auto record =
      parse(type_lsm,
            R"(audit(1.000:7): apparmor="DENIED" operation="open" profile="glacis.a" )"
            R"(name="/x,pid=1,profile=glacis.b" pid=225 comm="profile=glacis.c" denied_mask="r")");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->pid, 225u);
  EXPECT_EQ(std::get<AppArmor>(record->what).profile.raw(), "glacis.a");
  EXPECT_EQ(record->comm.raw(), "profile=glacis.c");
}

TEST(AuditRecord, TheFirstOfTwoFieldsCounts) {
  const auto record =
      parse(type_seccomp, "audit(1.000:7): pid=5 pid=6 arch=1 syscall=2 code=0x50000");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->pid, 5u);
}

TEST(AuditRecord, WhatIsNoRecord) {
  for (const char* text :
       {"", "audit(", "audit(1.000:7)", "audit(1.00:7): pid=1", "audit(x.000:7): pid=1",
        "audit(1.000:): pid=1 arch=1 syscall=2 code=3", "pid=1 arch=1 syscall=2 code=3",
        "audit(1.000:7): pid=1 arch=1 syscall=2", "audit(1.000:7): arch=1 syscall=2 code=3",
        "audit(1.000:7): pid=x arch=1 syscall=2 code=3",
        "audit(1.000:7): pid=\"1\" arch=1 syscall=2 code=3",
        "audit(1.000:7): pid=1 comm=\"open arch=1 syscall=2 code=3",
        "audit(1.000:7): pid=1 comm=a\"b arch=1 syscall=2 code=3",
        "audit(1.000:7): =1 pid=1 arch=1 syscall=2 code=3",
        "audit(1.000:7): pid=99999999999 arch=1 syscall=2 code=3"})
    EXPECT_FALSE(parse(type_seccomp, text)) << text;
  std::string many = "audit(1.000:7): pid=1 arch=1 syscall=2 code=3";
  EXPECT_TRUE(parse(type_seccomp, many));
  for (int i = 0; i < 100; ++i) many += " k" + std::to_string(i) + "=1";
  EXPECT_FALSE(parse(type_seccomp, many)) << "more fields than any record has";
  EXPECT_FALSE(parse(type_seccomp, std::string(call) + std::string(longest_record, ' ')));
}

TEST(AuditRecord, EveryBeginningIsTakenOrRefused) {
  const std::string whole = call;
  for (std::size_t length = 0; length < whole.size(); ++length)
    (void)parse(type_seccomp, whole.substr(0, length));
  EXPECT_TRUE(parse(type_seccomp, whole + '\n' + '\0'));
}

}  // namespace
}  // namespace glacis::audit
