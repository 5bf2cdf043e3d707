// SPDX-License-Identifier: Apache-2.0
// network rules of AppArmor 4.x: what a list of accesses, addresses and ports leave
// granted and refused, asked of the rules that come out.
#include <gtest/gtest.h>

#include "manager/profile/address.h"
#include "tests/unit/import_fixture.h"

namespace glacis::import {
namespace {

using diag::Code;

bool holds(const profile::NetRule& rule, const profile::Cidr& address, std::uint16_t port) {
  const bool at =
      rule.addresses.empty() ||
      std::ranges::any_of(rule.addresses, [&](const profile::Cidr& block) {
        return block.v6 == address.v6 && (block.prefix == 0 || block.address == address.address);
      });
  const bool on =
      rule.ports.empty() || std::ranges::any_of(rule.ports, [&](const profile::PortRange& range) {
        return range.first <= port && port <= range.last;
      });
  return at && on;
}

// Granted and not refused.
bool may(const Made& made, gl_net_op op, gl_socket kind, const char* address, std::uint16_t port) {
  const auto profile = made.resolved();
  EXPECT_TRUE(profile) << made.said();
  const auto to = profile::parse_address(address);
  EXPECT_TRUE(to);
  bool granted = false, refused = false;
  for (const profile::Rule& rule : profile->rules) {
    const auto* net = std::get_if<profile::NetRule>(&rule.body);
    if (net == nullptr || std::ranges::find(net->sockets, kind) == net->sockets.end() ||
        std::ranges::find(net->ops, op) == net->ops.end() || !holds(*net, to->front(), port))
      continue;
    (net->deny ? refused : granted) = true;
  }
  return granted && !refused;
}

bool makes(const Made& made, gl_socket kind) {
  const auto profile = made.resolved();
  return profile && std::ranges::any_of(profile->rules, [&](const profile::Rule& rule) {
           const auto* socket = std::get_if<profile::SocketRule>(&rule.body);
           const auto* net = std::get_if<profile::NetRule>(&rule.body);
           const auto in = [&](const auto& kinds) {
             return std::ranges::find(kinds, kind) != kinds.end();
           };
           return socket != nullptr ? in(socket->sockets)
                                    : net != nullptr && !net->deny && in(net->sockets);
         });
}

constexpr auto tcp = GL_SOCKET_TCP, udp = GL_SOCKET_UDP;
constexpr auto bind = GL_NET_BIND, connect = GL_NET_CONNECT, send = GL_NET_SEND;

TEST(AppArmorNetwork, BothEnds) {
  const Made made = import_body(
      "network (bind) inet ip=127.0.0.1 port=80-89, network connect inet6 peer=(ip=::1 port=443),");
  EXPECT_TRUE(may(made, bind, tcp, "127.0.0.1", 85));
  EXPECT_FALSE(may(made, bind, tcp, "127.0.0.1", 90));
  EXPECT_FALSE(may(made, bind, tcp, "127.0.0.2", 85));
  EXPECT_FALSE(may(made, connect, tcp, "127.0.0.1", 85));
  EXPECT_TRUE(may(made, connect, tcp, "::1", 443));
  EXPECT_TRUE(may(made, connect, udp, "::1", 443));
  // A connection is for sending, here.
  EXPECT_TRUE(may(made, send, udp, "::1", 443));
  EXPECT_NE(made.said().find("may send as well"), std::string::npos) << made.said();
  EXPECT_FALSE(may(made, connect, tcp, "::2", 443));
  EXPECT_FALSE(makes(made, GL_SOCKET_RAW));
}

// No list is all of them: the own end is bound, the peer's spoken to, and what has no end
// named is not limited by the other's.
TEST(AppArmorNetwork, WithoutAList) {
  const Made client = import_body("network inet peer=(ip=10.0.0.1 port=53),");
  EXPECT_TRUE(may(client, bind, tcp, "192.0.2.1", 1));
  EXPECT_TRUE(may(client, send, udp, "10.0.0.1", 53));
  EXPECT_FALSE(may(client, send, udp, "10.0.0.2", 53));
  EXPECT_FALSE(may(client, connect, tcp, "10.0.0.1", 54));
  const Made server = import_body("network inet udp port=53,");
  EXPECT_TRUE(may(server, bind, udp, "192.0.2.1", 53));
  EXPECT_TRUE(may(server, send, udp, "192.0.2.1", 4000));
  EXPECT_FALSE(may(server, connect, udp, "192.0.2.1", 4000));
  EXPECT_TRUE(server.has(Code::GL529) && server.has(Code::GL517));
}

TEST(AppArmorNetwork, SharedAddresses) {
  const std::string packets = "network (connect, send) inet seqpacket peer=(ip=10.0.0.1), ";
  const auto shared = [](const std::string& body) {
    return import_body(body).said().find("are shared by") != std::string::npos;
  };
  EXPECT_FALSE(shared(packets));
  EXPECT_TRUE(shared(packets + "network (connect, send) inet raw peer=(ip=10.0.0.2),"));
  EXPECT_TRUE(shared(packets + "network inet stream, network inet6 stream,"));
}

// Without addresses a list alone says what is done.
TEST(AppArmorNetwork, ListsOfAccesses) {
  const Made made =
      import_body("network (create, connect) inet stream, network (create, connect) inet6 stream,");
  EXPECT_TRUE(may(made, connect, tcp, "10.0.0.1", 1) && may(made, connect, tcp, "::1", 1));
  EXPECT_FALSE(may(made, bind, tcp, "10.0.0.1", 1));
  EXPECT_NE(made.said().find("`receive`, `accept`, `listen`"), std::string::npos) << made.said();
  const Made only = import_body("network create inet stream, network create inet6 stream,");
  EXPECT_TRUE(makes(only, tcp) && !makes(only, udp));
  EXPECT_FALSE(may(only, bind, tcp, "::1", 1) || may(only, connect, tcp, "::1", 1));
  // Spread over rules, it is all of them.
  const std::string all =
      "network (create, bind, connect, send) inet, network (create, bind, connect, send) inet6, "
      "network (receive, accept, listen, shutdown, getattr, setattr, getopt, setopt) inet,";
  const Made spread = import_body(all);
  EXPECT_TRUE(may(spread, GL_NET_BIND, GL_SOCKET_RAW, "::1", 0));
  EXPECT_FALSE(spread.has(Code::GL517)) << spread.said();
  const Made used = import_body("network connect inet stream,");
  EXPECT_NE(used.said().find("can be made too"), std::string::npos) << used.said();
  EXPECT_FALSE(makes(import_body("network (receive) netlink,"), GL_SOCKET_NETLINK_ROUTE));
}

TEST(AppArmorNetwork, Refusals) {
  const std::string all = "network inet, network inet6, ";
  const Made peer = import_body(all + "deny network (connect) inet stream peer=(port=25),");
  EXPECT_FALSE(may(peer, connect, tcp, "10.0.0.1", 25));
  EXPECT_FALSE(may(peer, connect, GL_SOCKET_MPTCP, "10.0.0.1", 25));
  EXPECT_TRUE(may(peer, connect, tcp, "::1", 25) && may(peer, connect, tcp, "10.0.0.1", 26));
  EXPECT_TRUE(may(peer, bind, tcp, "10.0.0.1", 25));
  EXPECT_FALSE(peer.has(Code::GL519)) << peer.said();
  // SCTP shares the addresses of MPTCP.
  EXPECT_TRUE(peer.has(Code::GL528)) << peer.said();
  EXPECT_FALSE(import_body("network inet stream, deny network (connect) inet stream "
                           "peer=(port=25),")
                   .has(Code::GL528));
  const Made own = import_body(all + "deny network (bind) inet6 ip=::1,");
  EXPECT_FALSE(may(own, bind, tcp, "::1", 1) || may(own, bind, GL_SOCKET_RAW, "::1", 0));
  EXPECT_TRUE(may(own, bind, tcp, "::2", 1));
  const Made from = import_body(all + "deny network (connect, bind) inet stream ip=10.0.0.1,");
  EXPECT_TRUE(from.has(Code::GL519)) << from.said();
  EXPECT_TRUE(!may(from, bind, tcp, "10.0.0.1", 1) && may(from, connect, tcp, "10.0.0.1", 1));
  const Made sent = import_body(all + "deny network (send) inet dgram peer=(ip=10.0.0.1),");
  EXPECT_FALSE(may(sent, send, udp, "10.0.0.1", 1) || may(sent, connect, udp, "10.0.0.1", 1));
  EXPECT_TRUE(sent.has(Code::GL528)) << sent.said();
  EXPECT_TRUE(import_body(all + "deny network (receive) inet,").has(Code::GL519));
  // It refuses the socket, and that has no address yet.
  const Made whole = import_body(all + "deny network inet peer=(port=25),");
  EXPECT_FALSE(may(whole, connect, tcp, "10.0.0.1", 1));
  EXPECT_TRUE(may(whole, connect, tcp, "::1", 1) && whole.has(Code::GL528));
}

}  // namespace
}  // namespace glacis::import
