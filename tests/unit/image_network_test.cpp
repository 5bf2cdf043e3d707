// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manager/image/explain.h"
#include "manager/image/network.h"
#include "tests/unit/built.h"

namespace glacis::image {
namespace {

profile::Cidr v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, unsigned prefix) {
  return {false, {a, b, c, d}, prefix};
}

profile::NetRule connect_tcp(std::vector<profile::Cidr> to, std::vector<profile::PortRange> ports,
                             bool deny = false) {
  return {{GL_NET_CONNECT}, {GL_SOCKET_TCP}, std::move(to), std::move(ports), deny};
}

NetTables tables_of(std::vector<profile::NetRule> rules) {
  std::vector<NetEntry> entries;
  for (const profile::NetRule& rule : rules)
    entries.push_back({static_cast<profile::RuleId>(entries.size() + 1), &rule});
  return build_network(entries).value();
}

sim::NetRequest to(std::uint32_t address, std::uint16_t port, gl_socket kind = GL_SOCKET_TCP) {
  return {GL_NET_CONNECT, kind, false, {address, 0, 0, 0}, port};
}

TEST(Network, NoRulesNoTables) {
  const NetTables tables = tables_of({});
  EXPECT_TRUE(tables.net4.empty());
  EXPECT_TRUE(tables.net6.empty());
  EXPECT_TRUE(tables.ports.empty());
}

TEST(Network, IntervalsAreMergedAndRunsShared) {
  // Two halves of 10.0.0.0/8 and a part of one of them are one interval.
  const NetTables tables = tables_of({connect_tcp(
      {v4(10, 0, 0, 0, 9), v4(10, 128, 0, 0, 9), v4(10, 1, 0, 0, 16)}, {{80, 80}, {81, 90}})});
  const gl_section table = tables.net4_tables[GL_NET_CONNECT][GL_NET_GROUP_TCP];
  ASSERT_EQ(table.count, 3u);  // below, 10.0.0.0/8, above
  EXPECT_EQ(tables.net4[1].start, 0x0a000000u);
  EXPECT_EQ(tables.net4[2].start, 0x0b000000u);
  EXPECT_EQ(tables.net4[0].count, 0u);
  ASSERT_EQ(tables.net4[1].count, 3u);  // 0, 80 (to 90), 91
  EXPECT_EQ(tables.ports[1].start, 80);
  EXPECT_EQ(tables.ports[2].start, 91);
  EXPECT_EQ(tables.net6.size(), 0u);
  const NetTables two = tables_of({{{GL_NET_CONNECT, GL_NET_BIND}, {GL_SOCKET_TCP}, {}, {{1, 2}}}});
  EXPECT_EQ(two.ports.size(), 3u);  // once for two operations and two families
}

TEST(Network, Boundaries) {
  const Built built(profile_with({connect_tcp({v4(255, 255, 255, 255, 32)}, {{65535, 65535}}),
                                  connect_tcp({v4(0, 0, 0, 0, 32)}, {{0, 0}})}));
  EXPECT_EQ(built.decide(to(0xffffffff, 65535)).rule, 1u);
  EXPECT_EQ(built.decide(to(0xffffffff, 65534)).decision, GL_DENY);
  EXPECT_EQ(built.decide(to(0xfffffffe, 65535)).decision, GL_DENY);
  EXPECT_EQ(built.decide(to(0, 0)).rule, 2u);
  EXPECT_EQ(built.decide(to(0, 1)).decision, GL_DENY);
  EXPECT_EQ(built.decide(to(1, 0)).decision, GL_DENY);
}

TEST(Network, DenyWinsAndTheFirstRuleIsNamed) {
  const Built built(profile_with({connect_tcp({}, {}), connect_tcp({v4(10, 0, 0, 0, 8)}, {}),
                                  connect_tcp({v4(10, 0, 0, 1, 32)}, {{22, 22}}, true)}));
  EXPECT_EQ(built.decide(to(0x0a000001, 80)).rule, 1u);
  const gl_verdict denied = built.decide(to(0x0a000001, 22));
  EXPECT_EQ(denied.decision, GL_DENY);
  EXPECT_EQ(denied.reason, GL_REASON_RULE);
  EXPECT_EQ(denied.rule, 3u);
}

TEST(Network, MappedAddressesAreIpv4) {
  profile::Cidr mapped{true, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0}, 104};
  const Built built(profile_with({connect_tcp({mapped}, {})}));
  EXPECT_EQ(built.decide(to(0x0a010203, 1)).decision, GL_ALLOW);
  sim::NetRequest six = to(0, 1);
  six.v6 = true;
  six.address = {0, 0, 0xffff, 0x0a010203};
  EXPECT_EQ(built.decide(six).decision, GL_ALLOW);
  six.address = {0, 0, 0xfffe, 0x0a010203};
  EXPECT_EQ(built.decide(six).decision, GL_DENY);
  EXPECT_TRUE(built.view().net6().empty());
}

TEST(Network, GroupsAreApart) {
  const Built built(profile_with({profile::NetRule{{GL_NET_CONNECT}, {GL_SOCKET_UDP}, {}, {}}}));
  EXPECT_EQ(built.decide(to(1, 1, GL_SOCKET_UDP)).decision, GL_ALLOW);
  EXPECT_EQ(built.decide(to(1, 1, GL_SOCKET_TCP)).decision, GL_DENY);
  EXPECT_EQ(built.decide(to(1, 1, GL_SOCKET_SCTP)).decision, GL_DENY);
  EXPECT_EQ(built.decide(to(1, 1, GL_SOCKET_PACKET)).reason, GL_REASON_UNGRANTABLE);
}

TEST(Network, RulesGrantCreatingTheirSockets) {
  const Built built(
      profile_with({profile::NetRule{{GL_NET_SEND}, {GL_SOCKET_UDPLITE}, {}, {}},
                    connect_tcp({}, {}, true), profile::PathRule{"/run/x", GL_FILE_UNIX_CONNECT}}));
  const auto create = [&](gl_socket kind) { return built.decide(sim::SocketRequest{kind}); };
  EXPECT_EQ(create(GL_SOCKET_UDPLITE).rule, 1u);
  EXPECT_EQ(create(GL_SOCKET_TCP).decision, GL_DENY);
  EXPECT_EQ(create(GL_SOCKET_UNIX).rule, 3u);
}

TEST(Network, HostBitsAreIgnoredAndBadRangesRefused) {
  const Built built(profile_with({connect_tcp({v4(10, 1, 2, 3, 8)}, {})}));
  EXPECT_EQ(built.decide(to(0x0aff0000, 1)).decision, GL_ALLOW);
  EXPECT_FALSE(build(profile_with({connect_tcp({v4(10, 0, 0, 0, 33)}, {})})));
  EXPECT_FALSE(build(profile_with({connect_tcp({}, {{2, 1}})})));
}

TEST(Network, OverlapWithoutEndIsRefusedQuickly) {
  std::vector<profile::NetRule> rules;
  for (unsigned i = 0; i < 4000; ++i) {
    rules.push_back(connect_tcp({}, {{static_cast<std::uint16_t>(i), 65000}}));
    for (unsigned k = 0; k < 2; ++k)
      rules.back().addresses.push_back(
          v4(10, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i), 0, 8 + k * 24));
  }
  std::vector<NetEntry> entries;
  for (const profile::NetRule& rule : rules)
    entries.push_back({static_cast<profile::RuleId>(entries.size() + 1), &rule});
  const auto tables = build_network(entries);
  ASSERT_FALSE(tables);
  EXPECT_NE(tables.error().what.find("overlap"), std::string::npos);
}

TEST(Network, ExplainedAsCidrAndPorts) {
  const Built built(profile_with({connect_tcp({v4(10, 0, 0, 0, 8)}, {{80, 80}, {443, 8443}})}));
  const Explanation e = explain(built.view());
  ASSERT_EQ(e.net.size(), 2u);
  EXPECT_EQ(e.net[0].addresses, "10.0.0.0/8");
  EXPECT_EQ(e.net[0].ports, "80");
  EXPECT_EQ(e.net[1].ports, "443-8443");
}

}  // namespace
}  // namespace glacis::image
