// SPDX-License-Identifier: Apache-2.0
// network rules of the internet: which sockets are made, and with which addresses.
//
// AppArmor asks for a new socket without its address, for bind with the local one, and
// for all that has a peer with both. A rule without a list of accesses is one of all.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <string_view>
#include <utility>

#include "manager/import/apparmor/translate.h"
#include "manager/profile/address.h"

namespace glacis::import::apparmor {
namespace {

using diag::Code;

struct TypeProtocol {
  std::uint32_t types;
  std::string_view key;
  bool ports;    // has them
  bool sends;    // datagrams
  bool to;       // can be limited to addresses
  bool limited;  // is granted by rules with addresses, see below
  bool shares;   // its addresses with the others that do
};

// Of what shares a table of addresses in the image only the main one is granted by
// address, so that none gets what another one was granted.
constexpr std::array<TypeProtocol, 8> protocols = {{
    {stream, "tcp", true, false, true, true, false},
    {stream, "mptcp", true, false, false, false, true},
    {dgram, "udp", true, true, true, true, false},
    {dgram, "udplite", true, true, true, true, false},
    {dgram, "ping", false, true, true, false, true},
    {raw, "raw", false, true, true, true, true},
    {seqpacket, "sctp", true, true, true, true, true},
    {64, "dccp", true, false, true, false, true},
}};

constexpr std::uint32_t datagrams = dgram | seqpacket | raw;
constexpr std::array<SocketType, 4> typed = {stream, dgram, seqpacket, raw};

// What a block of [[net]] grants of types in all that is put into it.
void add_protocols(std::vector<NetDraft>& nets, std::uint32_t types,
                   const std::vector<std::string>& to, const std::string& origin,
                   const std::vector<std::string>& ops) {
  for (const bool sends : {false, true}) {
    NetDraft net;
    for (const std::string& op : ops) {
      if (op != "send" || sends) net.ops.push_back(op);
    }
    net.to = to;
    for (const TypeProtocol& protocol : protocols) {
      if ((protocol.types & types) == 0 || protocol.sends != sends) continue;
      if (!to.empty() && !protocol.to) continue;
      net.protocols.push_back(
          {fmt::format("{} = {}", protocol.key, protocol.ports ? "\"any\"" : "true"), origin});
    }
    if (!net.protocols.empty() && !net.ops.empty()) nets.push_back(std::move(net));
  }
}

const char* word_of(gl_net_op op) {
  return op == GL_NET_BIND ? "bind" : op == GL_NET_CONNECT ? "connect" : "send";
}

std::string ports_text(const std::optional<profile::PortRange>& port) {
  return fmt::format("\"{}\"", profile::to_text(port.value_or(profile::PortRange{})));
}

std::string key_of(const Item& protocol) {
  return protocol.text.substr(0, protocol.text.find(' '));
}

// What is granted at all.
std::set<std::string> keys_of(const std::vector<NetDraft>& nets) {
  std::set<std::string> out;
  for (const NetDraft& net : nets) {
    for (const Item& protocol : net.protocols) {
      if (!net.deny) out.insert(key_of(protocol));
    }
  }
  return out;
}

// Whether a block is about some of the kinds that share their addresses, and another of
// them is granted: elsewhere, or where it is refused.
bool shares_unevenly(const std::vector<NetDraft>& nets, const NetDraft& block) {
  std::set<std::string> own, others;
  const auto shared = [](const std::string& key) {
    const auto found = std::ranges::find(protocols, key, &TypeProtocol::key);
    return found != protocols.end() && found->shares;
  };
  for (const Item& protocol : block.protocols) {
    if (shared(key_of(protocol))) own.insert(key_of(protocol));
  }
  for (const std::string& key : keys_of(nets)) {
    if (shared(key) && !own.contains(key)) others.insert(key);
  }
  return !own.empty() && !others.empty();
}

// The same of both families, in a rule for each as most write it, is one of all addresses.
std::vector<NetAddress> joined(std::vector<NetAddress> all) {
  std::vector<NetAddress> out;
  const auto ports = [](const NetAddress& one) {
    return one.port ? std::pair<int, int>(one.port->first, one.port->last) : std::pair(-1, -1);
  };
  for (const NetAddress& each : all) {
    const auto twin = std::ranges::find_if(out, [&](const NetAddress& one) {
      return !one.ip && !each.ip && one.deny == each.deny && one.op == each.op &&
             one.types == each.types && ports(one) == ports(each);
    });
    if (twin == out.end())
      out.push_back(each);
    else
      twin->versions |= each.versions;
  }
  return out;
}

}  // namespace

void Translator::whole_versions(std::uint32_t versions, std::uint32_t types) {
  if ((versions & version_4) != 0) allow_or_refuse("inet", types);
  if ((versions & version_6) != 0) allow_or_refuse("inet6", types);
}

void Translator::internet(const SocketAsks& asks, std::uint32_t versions, std::uint32_t types) {
  const bool deny = denies();
  if (asks.others) {
    if (deny)
      say(Effect::tighter, Code::GL528, "a refusal holds on every interface and for every label");
    else
      say(Effect::looser, Code::GL515, "interfaces and labels of packets are not asked about");
  }
  const bool addressed = asks.local.addressed() || asks.peer.addressed();
  if (addressed) types &= named_types;
  for (const SocketType type : typed) {
    if (deny || (types & type) == 0) continue;
    freely_[type] |= addressed ? asks.access & socket_create : asks.access;
    if (asks.listed || asks.limited()) limits_.emplace(type, rule_);
  }
  if (!addressed && (asks.access & asked_access) == asked_access) {
    whole_versions(versions, types);
  } else if (deny) {
    refuse_addresses(asks, versions, types);
  } else {
    grant_addresses(asks, versions, types);
  }
}

// False where there is nothing that it could mean.
bool Translator::add_address(const SocketSide& side, gl_net_op op, std::uint32_t versions,
                             std::uint32_t types) {
  NetAddress out{denies(), op, versions, types, side.ip, side.port, rule_};
  // Its parser takes port 0 of a peer for all ports.
  if (op != GL_NET_BIND && out.port && out.port->first == 0) out.port.reset();
  if (out.port && out.port->first == 0 && out.port->last == 65535) out.port.reset();
  if (op == GL_NET_SEND) out.types &= ~std::uint32_t{stream};
  // What has no ports is bound and sent without one.
  if (out.port) out.types &= stream | dgram | seqpacket;
  if (side.ip) out.versions &= side.ip->v6 ? version_6 : version_4;
  const bool any = (out.types & (stream | dgram | seqpacket | raw)) != 0;
  // Nothing is bound to no address, or connected to none.
  if (side.none || out.versions == 0 || !any) return false;
  addresses_.push_back(out);
  return true;
}

void Translator::grant_addresses(const SocketAsks& asks, std::uint32_t versions,
                                 std::uint32_t types) {
  for (const Version version : {version_4, version_6}) {
    if ((asks.access & socket_create) == 0 || (versions & version) == 0) continue;
    made_[version] |= types;
    made_by_.emplace(version, rule_);
  }
  const bool from = asks.local.addressed();
  const bool connects = (asks.access & socket_connect) != 0;
  const bool sends = (asks.access & socket_send) != 0 && (types & ~std::uint32_t{stream}) != 0;
  const bool binds = (asks.access & socket_bind) != 0;
  // Who names an address of its own and no peer is a server: it answers, and does not connect.
  const bool server = from && !asks.listed && !asks.peer.addressed();
  bool any = binds && add_address(asks.local, GL_NET_BIND, versions, types);
  bool spoken = false;
  if (connects && !server) spoken = add_address(asks.peer, GL_NET_CONNECT, versions, types);
  if (sends) spoken = add_address(asks.peer, GL_NET_SEND, versions, types) || spoken;
  any = any || spoken;
  if (connects && server)
    say(Effect::tighter, Code::GL529, "connecting is not granted by the own address alone");
  if (from && spoken)
    say(Effect::looser, Code::GL517,
        "whom it speaks to is asked about, and not from which address of its own");
  if (spoken && connects && !sends && (types & datagrams) != 0)
    say(Effect::looser, Code::GL517, "where a socket may be connected it may send as well");
  const bool by_address = asks.local.ip || asks.local.port || asks.peer.ip || asks.peer.port;
  if (any && by_address && (types & (stream | dgram)) != 0)
    say(Effect::tighter, Code::GL529, "MPTCP and ping sockets are not granted by address");
  // Mostly an address of the other family, or `none`.
  if (!any && (binds || connects || sends) && (asks.access & socket_create) == 0)
    say(Effect::lost_tighter, Code::GL524, "nothing that the rule names is granted by itself");
}

void Translator::refuse_addresses(const SocketAsks& asks, std::uint32_t versions,
                                  std::uint32_t types) {
  if ((asks.access & socket_create) != 0) {
    // Such a socket is refused before it has an address.
    if (asks.access != socket_create)
      say(Effect::tighter, Code::GL528,
          "making such a socket is refused for all addresses, and so is one that was passed on");
    whole_versions(versions, types);
    return;
  }
  std::uint32_t left = asks.access & ~asked_access;
  bool done = false;
  if ((asks.access & socket_bind) != 0) {
    add_address(asks.local, GL_NET_BIND, versions, types);
    done = true;
  }
  for (const auto& [access, op] :
       {std::pair(socket_connect, GL_NET_CONNECT), std::pair(socket_send, GL_NET_SEND)}) {
    if ((asks.access & access) == 0) continue;
    // What goes over a connection is refused with the connection, or not at all.
    const bool over = op == GL_NET_SEND && (types & stream) != 0;
    if (asks.local.addressed() || asks.peer.none || (over && (asks.access & socket_connect) == 0))
      left |= access;
    if (!asks.local.addressed()) done = add_address(asks.peer, op, versions, types) || done;
  }
  const std::uint32_t both = socket_connect | socket_send;
  if (done && (asks.access & both) != 0 && (asks.access & both) != both && (types & datagrams) != 0)
    say(Effect::tighter, Code::GL528,
        "where sending or connecting is refused, so is the other of them");
  if (left == 0) return;
  say(done ? Effect::looser : Effect::lost_looser, Code::GL519,
      fmt::format("{} {} not refused so", socket_access_text(left),
                  std::has_single_bit(left) ? "is" : "are"));
}

// One block, or one for each version where the rest of the profile tells them apart.
void Translator::write_addresses(Draft& draft, const NetAddress& each) {
  const std::set<std::string> granted = each.deny ? keys_of(draft.nets) : std::set<std::string>();
  const auto of = [&](Version version) {
    if ((each.versions & version) == 0) return std::uint32_t{0};
    const Family& family = families_[version == version_4 ? "inet" : "inet6"];
    // What is refused or granted whole needs no more.
    return each.types & ~family.denied & (each.deny ? ~std::uint32_t{0} : ~family.allowed);
  };
  const std::uint32_t v4 = of(version_4), v6 = of(version_6);
  const auto write = [&](std::uint32_t types, const char* block) {
    NetDraft net;
    net.deny = each.deny;
    net.ops = {word_of(each.op)};
    if (each.ip) {
      net.to = {profile::to_text(*each.ip)};
    } else if (block != nullptr) {
      net.to = {block};
    }
    const bool limited = !each.deny && (!net.to.empty() || each.port);
    for (const TypeProtocol& protocol : protocols) {
      if ((protocol.types & types) == 0 || (limited && !protocol.limited)) continue;
      if (each.op == GL_NET_SEND && !protocol.sends) continue;
      if (each.port && !protocol.ports) continue;
      // Refusing what nobody grants says nothing.
      if (each.deny && !granted.contains(std::string(protocol.key))) continue;
      net.protocols.push_back(
          {fmt::format("{} = {}", protocol.key, protocol.ports ? ports_text(each.port) : "true"),
           origin(each.rule)});
    }
    if (net.protocols.empty()) return;
    if (shares_unevenly(draft.nets, net))
      say(each.deny ? Effect::tighter : Effect::looser, each.deny ? Code::GL528 : Code::GL517,
          "addresses are shared by SCTP, MPTCP, raw and ping sockets, and hold for each of them",
          each.rule);
    draft.nets.push_back(std::move(net));
  };
  write(v4 & v6, nullptr);
  write(v4 & ~v6, "0.0.0.0/0");
  write(v6 & ~v4, "::/0");
}

// A kind of socket is made in both versions, and granted what it does.
void Translator::internet_made(std::uint32_t v4, std::uint32_t v6) {
  const auto by = [&](const char* family, Version version) {
    const auto found = made_by_.find(version);
    return families_[family].allowed != 0 || found == made_by_.end() ? families_[family].rule
                                                                     : found->second;
  };
  const std::array<std::pair<std::uint32_t, std::size_t>, 2> versions = {
      {{v4, by("inet", version_4)}, {v6, by("inet6", version_6)}}};
  for (std::size_t i = 0; i < 2; ++i) {
    if ((versions[i].first & ~versions[1 - i].first) != 0)
      say(Effect::looser, Code::GL517,
          "a socket of the other internet family can be made, and not used", versions[i].second);
  }
  // SCTP is one kind here, of both types. It alone has packets, and few mean it by streams.
  for (const auto& [made, rule] : versions) {
    const std::uint32_t types = made & (stream | seqpacket);
    if (types == stream) say(Effect::tighter, Code::GL529, "streams of SCTP are not granted", rule);
    if (types == seqpacket)
      say(Effect::looser, Code::GL517, "streams of SCTP are granted too", rule);
  }
}

// What no hook of ours asks about is done with any socket that there is.
void Translator::internet_not_asked(std::uint32_t made) {
  std::map<std::size_t, std::uint32_t> missing;
  for (const SocketType type : typed) {
    const auto limit = limits_.find(type);
    if ((made & type) != 0 && limit != limits_.end())
      missing[limit->second] |= every_socket_access & ~asked_access & ~freely_[type];
  }
  for (const auto& [rule, access] : missing) {
    if (access == 0) continue;
    say(Effect::looser, Code::GL517,
        fmt::format("{} {} not asked about, and granted", socket_access_text(access),
                    std::has_single_bit(access) ? "is" : "are"),
        rule);
  }
}

void Translator::write_internet(Draft& draft) {
  const auto left = [&](const char* name) {
    const Family& family = families_[name];
    return family.allowed & ~family.denied;
  };
  const std::uint32_t v4 = left("inet"), v6 = left("inet6");
  const std::vector<std::string> ops = {"bind", "connect", "send"};
  const std::string from =
      origin(families_["inet"].allowed != 0 ? families_["inet"].rule : families_["inet6"].rule);
  add_protocols(draft.nets, v4 & v6, {}, from, ops);
  if ((v4 & ~v6) != 0)
    add_protocols(draft.nets, v4 & ~v6, {"0.0.0.0/0"}, origin(families_["inet"].rule), ops);
  if ((v6 & ~v4) != 0)
    add_protocols(draft.nets, v6 & ~v4, {"::/0"}, origin(families_["inet6"].rule), ops);
  const std::uint32_t one = v4 ^ v6;
  if ((one & stream) != 0)
    say(Effect::tighter, Code::GL529, "MPTCP is not granted in one internet family alone",
        families_[(v4 & stream) != 0 ? "inet" : "inet6"].rule);
  const std::uint32_t made4 = v4 | (made_[version_4] & ~families_["inet"].denied);
  const std::uint32_t made6 = v6 | (made_[version_6] & ~families_["inet6"].denied);
  internet_made(made4, made6);
  std::uint32_t used = v4 | v6;
  std::ranges::stable_sort(addresses_, {}, &NetAddress::deny);
  addresses_ = joined(std::move(addresses_));
  for (const NetAddress& each : addresses_) {
    const std::size_t before = draft.nets.size();
    write_addresses(draft, each);
    if (each.deny || draft.nets.size() == before) continue;
    const std::uint32_t known = stream | dgram | seqpacket | raw;
    used |= each.types;
    if ((each.types & known & ~(made4 | made6)) != 0)
      say(Effect::looser, Code::GL517, "the socket that it is done with can be made too",
          each.rule);
  }
  internet_not_asked(made4 | made6 | used);
  // A socket that is made and then neither bound nor connected.
  NetDraft kinds;
  for (const TypeProtocol& protocol : protocols) {
    if ((protocol.types & (made4 | made6) & ~used) == 0) continue;
    const std::size_t by = made_by_.begin()->second;
    kinds.sockets.push_back({std::string(protocol.key), origin(by)});
  }
  if (!kinds.sockets.empty()) draft.nets.push_back(std::move(kinds));
}

}  // namespace glacis::import::apparmor
