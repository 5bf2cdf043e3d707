// SPDX-License-Identifier: Apache-2.0
// What a network rule asks for: accesses, and addresses of both sides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsm/abi/access.h"
#include "manager/import/apparmor/tree.h"
#include "manager/profile/model.h"

namespace glacis::import::apparmor {

enum SocketType : std::uint32_t {
  stream = 1,
  dgram = 2,
  seqpacket = 4,
  rdm = 8,
  raw = 16,
  packet = 32,
  named_types = 63,
  every_type = 127,  // also those that have no word
  // What a Unix socket can be; one that is raw is one of datagrams.
  unix_types = stream | dgram | seqpacket,
};

enum SocketAccess : std::uint32_t {
  socket_create = 1,
  socket_bind = 2,
  socket_connect = 4,
  socket_send = 8,
  socket_receive = 16,
  socket_accept = 32,
  socket_listen = 64,
  socket_shutdown = 128,
  socket_getattr = 256,
  socket_setattr = 512,
  socket_getopt = 1024,
  socket_setopt = 2048,
  every_socket_access = 4095,
  asked_access = socket_create | socket_bind | socket_connect | socket_send,
  // Those that a rule with a peer's address may list.
  peer_access = socket_connect | socket_send | socket_receive | socket_accept,
};

enum Version : std::uint32_t { version_4 = 1, version_6 = 2 };

// One side's ip= and port=.
struct SocketSide {
  bool none = false;  // ip=none: no address
  std::optional<profile::Cidr> ip;
  std::optional<profile::PortRange> port;

  [[nodiscard]] bool addressed() const { return none || ip || port; }
};

struct SocketAsks {
  std::uint32_t access = every_socket_access;
  bool listed = false;  // which accesses
  bool others = false;  // interface or label
  SocketSide local, peer;

  [[nodiscard]] bool limited() const { return others || local.addressed() || peer.addressed(); }
};

struct SocketFault {
  std::string what;
  diag::Span span;
};

[[nodiscard]] bool is_socket_access(std::string_view word);
[[nodiscard]] std::expected<SocketAsks, SocketFault> socket_asks(const Rule& rule);
// "`accept` and `receive`"
[[nodiscard]] std::string socket_access_text(std::uint32_t access);

// One operation on addresses, granted or refused by a rule.
struct NetAddress {
  bool deny = false;
  gl_net_op op = GL_NET_BIND;
  std::uint32_t versions = 0, types = 0;
  std::optional<profile::Cidr> ip;
  std::optional<profile::PortRange> port;
  std::size_t rule = 0;
};

}  // namespace glacis::import::apparmor
