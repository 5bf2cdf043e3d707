// SPDX-License-Identifier: Apache-2.0
// Who would have been attached: in the order that the man page has.
#include <gtest/gtest.h>

#include "manager/kernel/running.h"

namespace glacis::kernel {
namespace {

Domain domain(std::string name, Attachments attach) {
  Domain out;
  out.name = std::move(name);
  out.attach = std::move(attach);
  return out;
}

const std::vector<Domain>& domains() {
  static const std::vector<Domain> all = {
      domain("none", {}),
      domain("by-program", {.exec = {"/usr/sbin/nginx"}}),
      domain("by-unit", {.unit = {"web.service"}, .outside = {"/usr/bin/kill"}}),
      domain("by-slice", {.unit = {"batch.slice", "cpu.service"}, .outside = {"/usr/bin/kill"}}),
      domain("by-user", {.user = {"4711"}, .outside = {"/usr/bin/kill"}}),
  };
  return all;
}

std::string who(std::string program, std::string cgroup, uid_t user = 0, bool host_root = true) {
  const auto found =
      attacher_of({std::move(program), host_root, std::move(cgroup), user}, domains());
  return found ? found->profile + ": " + found->reason : "nobody";
}

TEST(AttacherOf, AProgramInTheHostsRoot) {
  EXPECT_EQ(who("/usr/sbin/nginx", "/user.slice"), "by-program: program /usr/sbin/nginx");
  EXPECT_EQ(who("/usr/sbin/nginx", "/user.slice", 0, false), "nobody");
  EXPECT_EQ(who("/usr/sbin/nginx2", "/"), "nobody");
  EXPECT_EQ(who("", "/system.slice/web.service"), "nobody");
}

TEST(AttacherOf, AUnitGoesBeforeAProgramAndASliceBehind) {
  EXPECT_EQ(who("/usr/sbin/nginx", "/system.slice/web.service"), "by-unit: unit web.service");
  EXPECT_EQ(who("/usr/sbin/nginx", "/batch.slice/x.service"),
            "by-program: program /usr/sbin/nginx");
  EXPECT_EQ(who("/usr/bin/make", "/batch.slice/x.service"), "by-slice: slice batch.slice");
  EXPECT_EQ(who("/usr/bin/make", "/batch.slice/x.service", 4711), "by-slice: slice batch.slice");
  EXPECT_EQ(who("/usr/bin/make", "/user.slice", 4711), "by-user: user 4711");
  EXPECT_EQ(who("/usr/bin/make", "/user.slice", 4712), "nobody");
}

TEST(AttacherOf, CgroupsBelowAUnitAreTheUnits) {
  EXPECT_EQ(who("/bin/x", "/system.slice/web.service/a/b.service"), "by-unit: unit web.service");
  EXPECT_EQ(who("/bin/x", "/user.slice/user@1.service/web.service"), "nobody");
  EXPECT_EQ(who("/bin/x", "/user.slice/user@1.service/batch.slice"), "nobody");
  EXPECT_EQ(who("/bin/x", "/system.slice/_cpu.service"), "by-slice: unit _cpu.service");
}

TEST(AttacherOf, ControlCommandsStayOutside) {
  EXPECT_EQ(who("/usr/bin/kill", "/system.slice/web.service"), "nobody");
  EXPECT_EQ(who("/usr/bin/kill", "/batch.slice/a.service"), "nobody");
  EXPECT_EQ(who("/usr/bin/kill", "/user.slice", 4711), "nobody");
}

}  // namespace
}  // namespace glacis::kernel
