// SPDX-License-Identifier: Apache-2.0
// Whose refusal it was, and what of a stream of them is written.
#include <gtest/gtest.h>
#include <linux/seccomp.h>

#include "manager/daemon/blame.h"
#include "manager/daemon/others.h"

namespace glacis::daemon {
namespace {

using namespace std::chrono_literals;
constexpr Others::Time t0 = 1h;

constexpr const char* seccomp_call =
    "audit(1.000:2): uid=0 gid=0 pid=135 comm=\"perl\" exe=\"/usr/bin/perl\" sig=0 arch=c000003e "
    "syscall=83 compat=0 ip=0x0 code=0x50000";

class Blame : public ::testing::Test {
 protected:
  Blame() {
    policy.calls.push_back({"mkdir", seccomp::SyscallAction::deny, 7, {}, {}, {}});
    other.record = *audit::parse(audit::type_seccomp, seccomp_call);
    other.domain = "web";
    other.in_force = {"web", 1, 1, GL_MODE_ENFORCE, {}};
  }
  [[nodiscard]] OwnFilter own(std::optional<std::size_t> installed = 2) const {
    return {&policy, seccomp::machine_of(0xc000003e), 2, installed};
  }
  audit::Seccomp& what() { return std::get<audit::Seccomp>(other.record.what); }

  seccomp::Policy policy;
  evidence::Other other;
};

TEST_F(Blame, TheProfilesOwnFilter) {
  blame_call(other, own());
  EXPECT_EQ(other.verdict, "denied");
  EXPECT_EQ(other.call, "mkdir");
  EXPECT_EQ(other.rule, 7u);
  EXPECT_EQ(other.reason, "rule");
  EXPECT_EQ(other.error, 1);
  EXPECT_TRUE(other.certain);
}

TEST_F(Blame, AnotherFilterThanTheProfiles) {
  what().call = 90;
  blame_call(other, own());
  EXPECT_EQ(other.verdict, "denied_by_other");
  EXPECT_EQ(other.reason, "other");
  EXPECT_EQ(other.rule, 0u);
}

TEST_F(Blame, WhoHasFewerFiltersHasNotTheProfiles) {
  blame_call(other, own(1));
  EXPECT_EQ(other.verdict, "denied_by_other");
  EXPECT_EQ(other.reason, "other");
}

TEST_F(Blame, WithoutAnImageNobodyKnows) {
  blame_call(other, std::nullopt);
  EXPECT_EQ(other.verdict, "denied_by_other");
  EXPECT_EQ(other.reason, "unknown");
  EXPECT_FALSE(other.certain);
  EXPECT_EQ(other.call, "mkdir") << "the name is known all the same";
}

TEST_F(Blame, WhatOnlyLogsRefusedNothing) {
  what().code = SECCOMP_RET_LOG;
  blame_call(other, own());
  EXPECT_EQ(other.verdict, "would_deny");
  EXPECT_EQ(other.error, 0);
  other.in_force->mode = GL_MODE_OBSERVE;
  blame_call(other, own());
  EXPECT_EQ(other.verdict, "observed");
}

TEST_F(Blame, AppArmor) {
  audit::AppArmor apparmor;
  apparmor.answer = "DENIED";
  other.record.what = apparmor;
  evidence::Other mine = other;
  EXPECT_TRUE(blame_apparmor(mine, {"shop"}));
  EXPECT_EQ(mine.verdict, "denied");
  EXPECT_EQ(mine.domain, "shop");
  EXPECT_FALSE(mine.in_force) << "no image of BPF decided";
  evidence::Other hosts = other;
  EXPECT_TRUE(blame_apparmor(hosts, {}));
  EXPECT_EQ(hosts.verdict, "denied_by_other");
  EXPECT_EQ(hosts.domain, "web");
  evidence::Other nobodys = other;
  nobodys.domain.reset();
  EXPECT_FALSE(blame_apparmor(nobodys, {})) << "of no domain";
  for (const char* answer : {"STATUS", "AUDIT", "HINT", ""}) {
    apparmor.answer = answer;
    other.record.what = apparmor;
    EXPECT_FALSE(blame_apparmor(other, {"shop"})) << answer;
  }
  apparmor.answer = "ALLOWED";
  other.record.what = apparmor;
  EXPECT_FALSE(blame_apparmor(other, {})) << "a profile of the host's that only complains";
  EXPECT_TRUE(blame_apparmor(other, {"shop"}));
  EXPECT_EQ(other.verdict, "observed");
}

class OthersHeard : public ::testing::Test {
 protected:
  static std::optional<evidence::Other> find(audit::Record record) {
    if (record.pid == 1) return std::nullopt;
    evidence::Other out;
    out.record = std::move(record);
    return out;
  }
  Status write(const Heard& heard) {
    if (full) return fail(Exit::usage, "no room");
    written += heard.refusals.size();
    for (const Heard::Told& one : heard.refusals) sum += 1 + one.further;
    sum += heard.dropped;
    return {};
  }
  Others others{find, [this](const Heard& heard) { return write(heard); }};
  bool full = false;
  std::size_t written = 0;
  std::uint64_t sum = 0;
};

TEST_F(OthersHeard, TheFirstAtOnceTheRestLater) {
  EXPECT_FALSE(others.next());
  for (int i = 0; i < 1000; ++i) others.hear(audit::type_seccomp, seccomp_call, t0);
  EXPECT_TRUE(others.next());
  EXPECT_TRUE(others.flush(t0));
  EXPECT_EQ(written, 1u);
  EXPECT_TRUE(others.flush(t0 + 5s));
  EXPECT_EQ(written, 1u);
  EXPECT_TRUE(others.flush(t0 + 11s));
  EXPECT_EQ(written, 2u);
  EXPECT_EQ(sum, 1000u);
}

TEST_F(OthersHeard, WhatConcernsNobodyIsNotWritten) {
  others.hear(audit::type_seccomp, "audit(1.000:2): pid=1 arch=1 syscall=2 code=0x50000", t0);
  others.hear(audit::type_seccomp, "junk", t0);
  others.hear(1300, seccomp_call, t0);
  EXPECT_FALSE(others.next());
  EXPECT_TRUE(others.flush(t0, true));
  EXPECT_EQ(written, 0u);
}

TEST_F(OthersHeard, WithoutRoomItWaitsAndNothingIsForgotten) {
  full = true;
  for (int i = 0; i < 1000; ++i) others.hear(audit::type_seccomp, seccomp_call, t0);
  EXPECT_FALSE(others.flush(t0));
  EXPECT_GE(*others.next(), t0 + 1s) << "not tried without pause";
  full = false;
  EXPECT_TRUE(others.flush(t0 + 3s, true));
  EXPECT_EQ(sum, 1000u);
  EXPECT_FALSE(others.next());
}

}  // namespace
}  // namespace glacis::daemon
