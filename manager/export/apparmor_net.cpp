// SPDX-License-Identifier: Apache-2.0
// Sockets. A rule of AppArmor's is a family and a type: no address, no port, and
// all protocols of the type.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <variant>

#include "manager/export/apparmor_pattern.h"
#include "manager/export/apparmor_writer.h"
#include "manager/profile/words.h"

namespace glacis::exports {
namespace {

using diag::Code;
using namespace profile;

struct Type {
  std::string_view word;
  std::array<gl_socket, 3> kinds;  // what it makes, the main one first
};

// A stream of SCTP is of the first type, a packet of it of the last.
constexpr std::array<Type, 4> types = {{
    {"stream", {GL_SOCKET_TCP, GL_SOCKET_MPTCP, GL_SOCKET_SCTP}},
    {"dgram", {GL_SOCKET_UDP, GL_SOCKET_UDPLITE, GL_SOCKET_PING}},
    {"raw", {GL_SOCKET_RAW}},
    {"seqpacket", {GL_SOCKET_SCTP}},
}};

struct Family {
  gl_socket kind;
  std::string_view word;
};

constexpr std::array<Family, 11> families = {{
    {GL_SOCKET_NETLINK_ROUTE, "netlink"},
    {GL_SOCKET_PACKET, "packet"},
    {GL_SOCKET_VSOCK, "vsock"},
    {GL_SOCKET_ALG, "alg"},
    {GL_SOCKET_BLUETOOTH, "bluetooth"},
    {GL_SOCKET_CAN, "can"},
    {GL_SOCKET_TIPC, "tipc"},
    {GL_SOCKET_RDS, "rds"},
    {GL_SOCKET_SMC, "smc"},
    {GL_SOCKET_XDP, "xdp"},
    {GL_SOCKET_KCM, "kcm"},
}};

constexpr std::array netlink = {GL_SOCKET_NETLINK_ROUTE,   GL_SOCKET_NETLINK_AUDIT,
                                GL_SOCKET_NETLINK_UEVENT,  GL_SOCKET_NETLINK_DIAG,
                                GL_SOCKET_NETLINK_GENERIC, GL_SOCKET_NETLINK_OTHER};

bool every_port(const NetRule& rule) {
  return rule.ports.empty() || std::ranges::any_of(rule.ports, [](const PortRange& range) {
           return range.first == 0 && range.last == 65535;
         });
}

// 0 or 1: IPv4 or IPv6. Does the rule speak of it, and of all of it?
bool touches(const NetRule& rule, bool v6) {
  return rule.addresses.empty() ||
         std::ranges::any_of(rule.addresses, [&](const Cidr& cidr) { return cidr.v6 == v6; });
}
bool every_address(const NetRule& rule, bool v6) {
  return rule.addresses.empty() || std::ranges::any_of(rule.addresses, [&](const Cidr& cidr) {
           return cidr.v6 == v6 && cidr.prefix == 0;
         });
}

bool sends(gl_socket kind) {
  return kind != GL_SOCKET_TCP && kind != GL_SOCKET_MPTCP && kind != GL_SOCKET_DCCP;
}

// What a profile says of one kind of internet socket in one family.
struct Said {
  bool granted = false, whole = false, refused = false;
  diag::Span span;
};

class Internet {
 public:
  explicit Internet(const ResolvedProfile& profile) : profile_(profile) {}

  [[nodiscard]] Said of(gl_socket kind, bool v6) const {
    Said out;
    std::uint32_t ops = 0, refused = 0;
    for (const Rule& rule : profile_.rules) {
      if (const auto* body = std::get_if<SocketRule>(&rule.body)) {
        if (std::ranges::find(body->sockets, kind) == body->sockets.end()) continue;
        out.granted = true;
        out.span = rule.span;
      }
      const auto* body = std::get_if<NetRule>(&rule.body);
      if (body == nullptr || std::ranges::find(body->sockets, kind) == body->sockets.end())
        continue;
      if (!touches(*body, v6)) continue;
      const bool whole = every_address(*body, v6) && every_port(*body);
      std::uint32_t bits = 0;
      for (const gl_net_op op : body->ops) bits |= 1u << op;
      if (body->deny) {
        if (whole) refused |= bits;
        continue;
      }
      out.granted = true;
      out.span = rule.span;
      if (whole) ops |= bits;
    }
    const std::uint32_t all =
        1u << GL_NET_BIND | 1u << GL_NET_CONNECT | (sends(kind) ? 1u << GL_NET_SEND : 0u);
    out.whole = (ops & all) == all;
    out.refused = (refused & all) == all;
    return out;
  }

 private:
  const ResolvedProfile& profile_;
};

}  // namespace

void AppArmorWriter::internet() {
  const Internet internet(profile_);
  for (const bool v6 : {false, true}) {
    const char* family = v6 ? "inet6" : "inet";
    std::string before;
    for (const Type& type : types) {
      const auto kinds =
          std::span(type.kinds)
              .first(std::ranges::find(type.kinds, GL_SOCKET_NONE) - type.kinds.begin());
      bool granted = false, refused = false, grows = false;
      // SCTP alone is written as a packet type, which grants nothing else.
      const bool own = type.word != "seqpacket" || before.find("stream") == std::string::npos;
      for (const gl_socket kind : kinds) {
        const Said said = internet.of(kind, v6);
        const bool other = type.word == "stream" && kind == GL_SOCKET_SCTP;
        granted = granted || (said.granted && !said.refused && !other && own);
        refused = refused || said.refused;
      }
      const auto limited = [&](gl_socket kind) {
        const Said said = internet.of(kind, v6);
        return said.granted && !said.whole;
      };
      std::vector<gl_socket> own_kinds;
      for (const gl_socket kind : kinds) {
        const bool other = type.word == "stream" && kind == GL_SOCKET_SCTP;
        if (!other && internet.of(kind, v6).granted) own_kinds.push_back(kind);
      }
      const bool addresses = use_.addresses && std::ranges::any_of(own_kinds, limited);
      if (granted && addresses) {
        addressed(v6, type.word, own_kinds);
      } else if (granted) {
        line(fmt::format("network {} {}", family, type.word));
      }
      if (granted) before += type.word;
      for (const gl_socket kind : kinds) {
        const Said said = internet.of(kind, v6);
        if (granted && said.granted && !said.whole && !addresses)
          say(Code::GL613, "addresses, ports and operations of a socket are not told apart",
              said.span);
        grows = grows || (granted && !said.granted);
      }
      if (grows)
        say(Code::GL611, fmt::format("with `{}` come all protocols of that type", type.word),
            internet.of(kinds[0], v6).span);
      if (refused && !granted) line(fmt::format("{}network {} {}", denies(), family, type.word));
    }
    const Said dccp = internet.of(GL_SOCKET_DCCP, v6);
    if (dccp.granted) say(Code::GL621, "sockets of dccp have no word by themselves", dccp.span);
  }
  for (const Rule& rule : profile_.rules) {
    const auto* body = std::get_if<NetRule>(&rule.body);
    if (body == nullptr || !body->deny) continue;
    const bool whole = std::ranges::all_of(body->sockets, [&](gl_socket kind) {
      return internet.of(kind, false).refused && internet.of(kind, true).refused;
    });
    if (whole) continue;
    if (use_.addresses)
      refused_addresses(*body, rule.span);
    else
      say(Code::GL614, "addresses, ports and operations of a socket are not refused", rule.span);
  }
}

void AppArmorWriter::refused_addresses(const NetRule& rule, diag::Span span) {
  const Internet internet(profile_);
  bool every = true;
  for (const bool v6 : {false, true}) {
    if (!touches(rule, v6)) continue;
    for (const Type& type : types) {
      bool spoken = false, others = false;
      for (const gl_socket kind : type.kinds) {
        // Of SCTP it is the packets that are refused.
        const bool counts = type.word != "stream" || kind != GL_SOCKET_SCTP;
        if (kind == GL_SOCKET_NONE || !counts || !internet.of(kind, v6).granted) continue;
        const bool own = std::ranges::find(rule.sockets, kind) != rule.sockets.end();
        (own ? spoken : others) = true;
      }
      if (!spoken) continue;
      const auto lines = ends(rule, v6, type.word, span);
      every = every && !lines.empty();
      for (const std::string& text : lines) {
        if (refusals_.insert(text).second) line(text);
      }
      if (others)
        say(Code::GL622, fmt::format("refused is the type `{}` with all its protocols", type.word),
            span);
    }
  }
  if (!every)
    say(Code::GL614, "a block of addresses or a long range of ports is not refused", span);
}

void AppArmorWriter::sockets() {
  internet();
  std::uint32_t kinds = 0;
  bool local = false;
  std::array<diag::Span, GL_SOCKET_COUNT> spans{};
  for (const Rule& rule : profile_.rules) {
    const auto* body = std::get_if<SocketRule>(&rule.body);
    if (body == nullptr) continue;
    for (const gl_socket kind : body->sockets) {
      kinds |= 1u << kind;
      spans[kind] = rule.span;
    }
  }
  const auto lacks =
      std::ranges::count_if(netlink, [&](gl_socket kind) { return (kinds & (1u << kind)) == 0; });
  for (const Family& family : families) {
    bool granted = (kinds & (1u << family.kind)) != 0;
    if (family.word == "netlink") granted = lacks != static_cast<long>(netlink.size());
    if (granted) line(fmt::format("network {}", family.word));
  }
  if (lacks != 0 && lacks != static_cast<long>(netlink.size())) {
    for (const gl_socket kind : netlink) {
      if (spans[kind].line != 0)
        say(Code::GL611, "with `netlink` come all protocols of it", spans[kind]);
    }
  }
  for (const PathGrant& grant : grants_) {
    local = local || (!grant.deny && (grant.access & GL_FILE_UNIX) != 0);
  }
  if (local || (kinds & (1u << GL_SOCKET_UNIX)) != 0) {
    line("unix (create, getattr, setattr, getopt, setopt, shutdown) addr=none");
    line("unix (send, receive) addr=none peer=(addr=none)");
  }
  for (const PathGrant& grant : grants_) {
    if (grant.glob.starts_with('@')) unix_names(grant);
  }
}

// Names that no file has.
void AppArmorWriter::unix_names(const PathGrant& grant) {
  const auto address = apparmor_address(grant.glob);
  if (!address) {
    say(grant.deny ? Code::GL614 : Code::GL621, "a name with control bytes can't be written down",
        grant.span);
    return;
  }
  const char* deny = grant.deny ? denies() : "";
  if ((grant.access & GL_FILE_UNIX_BIND) != 0)
    line(fmt::format("{}unix (bind, listen, accept) addr={}", deny, *address));
  if ((grant.access & GL_FILE_UNIX_CONNECT) != 0) {
    line(fmt::format("{}unix (connect, send, receive) peer=(addr={})", deny, *address));
  } else if ((grant.access & GL_FILE_UNIX_SEND) != 0) {
    line(fmt::format("{}unix (send{}) peer=(addr={})", deny, grant.deny ? "" : ", receive",
                     *address));
  }
}

}  // namespace glacis::exports
