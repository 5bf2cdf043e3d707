// SPDX-License-Identifier: Apache-2.0
// The core's own corners: reasons, owners, endings, and that feeding a path
// name by name is feeding it byte by byte.
#include <gtest/gtest.h>

#include "lsm/decide/grants.h"
#include "lsm/decide/net.h"
#include "manager/base/signals.h"
#include "tests/unit/built.h"

namespace glacis {
namespace {

using profile::Owner;
using profile::PathRule;
using profile::ProcessRule;

gl_verdict ask(const Built& built, std::uint32_t access, std::uint32_t owner = 0) {
  return built.decide(sim::FileRequest{"/x", access, owner});
}

TEST(DecideFile, ReasonsInOrderOfStrength) {
  const Built built(profile_with({
      PathRule{"/x", GL_FILE_READ},
      PathRule{"/x", GL_FILE_WRITE, Owner::self},
      PathRule{"/x", GL_FILE_CHMOD, Owner::root},
      PathRule{"/x", GL_FILE_UNLINK, Owner::any, true},
  }));
  EXPECT_EQ(ask(built, GL_FILE_READ).rule, 1u);
  EXPECT_EQ(ask(built, GL_FILE_WRITE).reason, GL_REASON_OWNER);
  EXPECT_EQ(ask(built, GL_FILE_WRITE).rule, 2u);
  EXPECT_EQ(ask(built, GL_FILE_WRITE, GL_OWNER_SELF).decision, GL_ALLOW);
  EXPECT_EQ(ask(built, GL_FILE_WRITE, GL_OWNER_ROOT).decision, GL_DENY);
  EXPECT_EQ(ask(built, GL_FILE_CHMOD, GL_OWNER_ROOT).decision, GL_ALLOW);
  EXPECT_EQ(ask(built, GL_FILE_WRITE | GL_FILE_CHMOD, 3).decision, GL_ALLOW);
  EXPECT_EQ(ask(built, GL_FILE_CREATE).reason, GL_REASON_DEFAULT);
  const gl_verdict both =
      ask(built, GL_FILE_READ | GL_FILE_WRITE | GL_FILE_UNLINK | GL_FILE_CREATE);
  EXPECT_EQ(both.reason, GL_REASON_RULE);
  EXPECT_EQ(both.rule, 4u);
  EXPECT_EQ(both.blocker, GL_FILE_WRITE | GL_FILE_UNLINK | GL_FILE_CREATE);
}

TEST(DecideFile, OtherEndingsAreNeverMatchedByPath) {
  const Built built(profile_with({
      PathRule{"/**", GL_FILE_ALL & ~GL_FILE_TRANSITION},
      profile::EndingRule{{GL_ENDING_UNLINKED}, GL_FILE_READ},
  }));
  sim::FileRequest request{"/x", GL_FILE_READ, 0, GL_ENDING_UNLINKED};
  EXPECT_EQ(built.decide(request).rule, 2u);
  request.access |= GL_FILE_WRITE;
  EXPECT_EQ(built.decide(request).reason, GL_REASON_ENDING);
  EXPECT_EQ(built.decide(request).blocker, GL_FILE_WRITE);
  request.ending = GL_ENDING_FOREIGN_ROOT;
  EXPECT_EQ(built.decide(request).decision, GL_DENY);
  request.ending = GL_ENDING_NONE;
  EXPECT_EQ(built.decide(request).reason, GL_REASON_ERROR);
}

PathRule transition(const char* glob, const char* to, bool unsafe = false) {
  return {glob, GL_FILE_TRANSITION, Owner::any, false, profile::Transition{to, true, unsafe}};
}

TEST(DecideExec, ATransitionGoesBeforeAGrant) {
  const Built built(profile_with({
      PathRule{"/**", GL_FILE_EXECUTE},
      transition("/x", "web"),
      transition("/*", "db", true),
      transition("/no", "db"),
      PathRule{"/no", GL_FILE_EXECUTE, Owner::any, true},
  }));
  const auto exec = [&](const char* path, bool unsafe) {
    return built.decide(sim::ExecRequest{path, 0, GL_ENDING_ROOTED, unsafe});
  };
  EXPECT_EQ(exec("/a/b", true).rule, 1u);
  EXPECT_EQ(exec("/x", false).rule, 2u);
  EXPECT_EQ(exec("/x", true).reason, GL_REASON_UNSAFE_EXEC);
  EXPECT_EQ(exec("/x", true).decision, GL_DENY);
  EXPECT_EQ(exec("/x", true).rule, 2u);
  EXPECT_EQ(exec("/y", true).rule, 3u);
  EXPECT_EQ(exec("/y", true).decision, GL_ALLOW);
  EXPECT_EQ(exec("/no", false).decision, GL_DENY);
  EXPECT_EQ(exec("/no", false).rule, 5u);
  EXPECT_EQ(built.decide(sim::ExecRequest{"", 0, GL_ENDING_ANONYMOUS, false}).reason,
            GL_REASON_ENDING);
}

// As an interpreter, say, a program that only a transition names may not be run.
TEST(DecideExec, ATransitionIsNoExecute) {
  const Built built(profile_with({transition("/x", "web")}));
  EXPECT_EQ(ask(built, GL_FILE_EXECUTE).decision, GL_DENY);
  EXPECT_EQ(built.decide(sim::ExecRequest{"/x"}).decision, GL_ALLOW);
  EXPECT_EQ(built.decide(sim::ExecRequest{"/y"}).reason, GL_REASON_DEFAULT);
}

TEST(DecideGrants, WhatHasNoNumberIsUngrantable) {
  const Built built(profile_with({}));
  const auto* base = built.view().base();
  EXPECT_EQ(gl_capability_decide(base, GL_CAP_COUNT).reason, GL_REASON_UNGRANTABLE);
  EXPECT_EQ(gl_capability_decide(base, ~0u).reason, GL_REASON_UNGRANTABLE);
  EXPECT_EQ(gl_socket_decide(base, GL_SOCKET_NONE).reason, GL_REASON_UNGRANTABLE);
  EXPECT_EQ(gl_socket_decide(base, GL_SOCKET_COUNT).reason, GL_REASON_UNGRANTABLE);
  EXPECT_EQ(gl_memory_decide(base, 0).reason, GL_REASON_ERROR);
}

// A Unix socket is reached by its name or by who listens there.
TEST(Decide, WhoListensOpensWhatNoNameGrants) {
  const auto denied = [](gl_reason reason) { return gl_verdict_of(GL_DENY, reason, 0, 1); };
  for (int reason = GL_REASON_RULE; reason < GL_REASON_COUNT; ++reason) {
    const gl_verdict verdict = denied(static_cast<gl_reason>(reason));
    const bool nothing_said =
        reason == GL_REASON_DEFAULT || reason == GL_REASON_OWNER || reason == GL_REASON_ENDING;
    EXPECT_EQ(gl_peer_opens(&verdict) != 0, nothing_said) << reason;
    EXPECT_EQ(gl_peer_refuses(&verdict) != 0, reason == GL_REASON_RULE) << reason;
  }
  const gl_verdict granted = gl_verdict_of(GL_ALLOW, GL_REASON_RULE, 3, 0);
  EXPECT_FALSE(gl_peer_opens(&granted));
  EXPECT_FALSE(gl_peer_refuses(&granted));
}

gl_verdict signal(const Built& built, const std::string& peer, std::uint32_t number) {
  return built.decide(sim::TaskRequest{peer, GL_TASK_SIGNAL, number});
}

TEST(DecideTask, TheFirstGrantIsNamedAndADenyWins) {
  const Built built(profile_with({
      ProcessRule{"self", GL_TASK_SIGNAL, every_signal},
      ProcessRule{"any", GL_TASK_SIGNAL, signal_bit(15)},
      ProcessRule{"web", GL_TASK_SIGNAL, signal_bit(15), true},
      ProcessRule{"unconfined", GL_TASK_INSPECT},
  }));
  EXPECT_EQ(signal(built, "self", 15).rule, 1u);
  EXPECT_EQ(signal(built, "test", 15).rule, 1u);  // the profile's own name
  EXPECT_EQ(signal(built, "unconfined", 15).rule, 2u);
  EXPECT_EQ(signal(built, "unconfined", 9).reason, GL_REASON_DEFAULT);
  EXPECT_EQ(signal(built, "web", 15).decision, GL_DENY);
  EXPECT_EQ(signal(built, "web", 15).rule, 3u);
  EXPECT_EQ(signal(built, "web", 15).blocker, GL_TASK_SIGNAL);
  EXPECT_EQ(signal(built, "web", 9).reason, GL_REASON_DEFAULT);
  EXPECT_EQ(built.decide(sim::TaskRequest{"unconfined", GL_TASK_INSPECT}).rule, 4u);
  EXPECT_EQ(built.decide(sim::TaskRequest{"unconfined", GL_TASK_TRACE}).blocker, GL_TASK_TRACE);
}

TEST(DecideTask, ARuleMayNameItsOwnProfile) {
  const Built built(profile_with({ProcessRule{"test", GL_TASK_TRACE}}));
  EXPECT_EQ(built.decide(sim::TaskRequest{"self", GL_TASK_TRACE}).decision, GL_ALLOW);
  EXPECT_EQ(built.decide(sim::TaskRequest{"unconfined", GL_TASK_TRACE}).decision, GL_DENY);
}

TEST(DecideTask, NoOtherNumbersAreSignals) {
  const Built built(profile_with({ProcessRule{"any", GL_TASK_ALL, every_signal}}));
  EXPECT_EQ(signal(built, "web", 1).decision, GL_ALLOW);
  EXPECT_EQ(signal(built, "web", 64).decision, GL_ALLOW);
  EXPECT_EQ(signal(built, "web", 0).reason, GL_REASON_UNGRANTABLE);
  EXPECT_EQ(signal(built, "web", 65).reason, GL_REASON_UNGRANTABLE);
}

TEST(DecideTask, TheLastOfManyRulesCounts) {
  profile::ResolvedProfile many = profile_with({});
  for (unsigned i = 1; i <= GL_PEERS_MAX; ++i) {
    profile::Rule& rule = many.rules.emplace_back();
    rule.id = static_cast<profile::RuleId>(i);
    rule.body.emplace<ProcessRule>() = {"p" + std::to_string(i), GL_TASK_TRACE, 0, false};
  }
  const Built built(many);
  const std::string last = "p" + std::to_string(GL_PEERS_MAX);
  EXPECT_EQ(built.decide(sim::TaskRequest{last, GL_TASK_TRACE}).rule, GL_PEERS_MAX);
}

TEST(DecidePath, NameByNameIsByteByByte) {
  const Built built = reading({"/srv/**/x", "/srv/*.log"});
  const auto& view = built.view();
  const std::uint32_t comb = view.header().comb.offset;
  const std::vector<std::string> names = {"srv", "some", "where", "x"};
  std::uint32_t state = gl_path_start(view.base());
  for (std::size_t i = names.size(); i-- > 0;) {
    std::array<std::uint8_t, 256> buffer{};
    std::copy(names[i].begin(), names[i].end(), buffer.begin());
    state = gl_path_feed(view.base(), view.mask(), comb, state, buffer.data(), 256,
                         static_cast<std::uint32_t>(names[i].size()),
                         static_cast<std::uint32_t>(names[i].size()));
    state = gl_path_step(view.base(), view.mask(), comb, state, '/');
  }
  EXPECT_EQ(gl_path_accept(view.base(), view.mask(), state).allow, GL_FILE_READ);
  EXPECT_TRUE(built.reads("/srv/some/where/x"));
}

TEST(DecideSocket, Kinds) {
  EXPECT_EQ(gl_socket_kind(GL_AF_INET, GL_SOCK_STREAM, 0), GL_SOCKET_TCP);
  EXPECT_EQ(gl_socket_kind(GL_AF_INET6, GL_SOCK_STREAM, 262), GL_SOCKET_MPTCP);
  EXPECT_EQ(gl_socket_kind(GL_AF_INET, GL_SOCK_DGRAM, 1), GL_SOCKET_PING);
  EXPECT_EQ(gl_socket_kind(GL_AF_INET, GL_SOCK_RAW, 255), GL_SOCKET_RAW);
  EXPECT_EQ(gl_socket_kind(GL_AF_INET, GL_SOCK_PACKET, 3), GL_SOCKET_PACKET);
  EXPECT_EQ(gl_socket_kind(GL_AF_INET, GL_SOCK_STREAM, 250), GL_SOCKET_NONE);
  EXPECT_EQ(gl_socket_kind(4, GL_SOCK_STREAM, 0), GL_SOCKET_NONE);
  EXPECT_EQ(gl_socket_kind(GL_AF_NETLINK, GL_SOCK_RAW, 9), GL_SOCKET_NETLINK_AUDIT);
}

}  // namespace
}  // namespace glacis
