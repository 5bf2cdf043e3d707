// SPDX-License-Identifier: Apache-2.0
// network and unix rules.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "lsm/abi/access.h"
#include "manager/base/escape.h"
#include "manager/import/apparmor/translate.h"
#include "manager/profile/address.h"

namespace glacis::import::apparmor {
namespace {

using diag::Code;

enum Type : std::uint32_t {
  stream = 1,
  dgram = 2,
  seqpacket = 4,
  rdm = 8,
  raw = 16,
  packet = 32,
  every_type = 127,  // also those that have no word
  // What a Unix socket can be; one that is raw is one of datagrams.
  unix_types = stream | dgram | seqpacket,
};

struct TypeWord {
  std::string_view word;
  std::uint32_t types;
};

constexpr std::array<TypeWord, 9> type_words = {{
    {"stream", stream},
    {"dgram", dgram},
    {"seqpacket", seqpacket},
    {"rdm", rdm},
    {"raw", raw},
    {"packet", packet},
    {"tcp", stream},
    {"udp", dgram},
    {"icmp", raw},
}};

// Families with a kind of ours each; inet, inet6 and unix are more than a kind.
struct FamilyKinds {
  std::string_view family;
  std::array<std::string_view, 6> kinds;
};

constexpr std::array<FamilyKinds, 11> family_kinds = {{
    {"netlink",
     {"netlink_route", "netlink_audit", "netlink_uevent", "netlink_diag", "netlink_generic",
      "netlink_other"}},
    {"packet", {"packet"}},
    {"vsock", {"vsock"}},
    {"alg", {"alg"}},
    {"bluetooth", {"bluetooth"}},
    {"can", {"can"}},
    {"tipc", {"tipc"}},
    {"rds", {"rds"}},
    {"smc", {"smc"}},
    {"xdp", {"xdp"}},
    {"kcm", {"kcm"}},
}};

constexpr std::array<std::string_view, 32> other_families = {
    "ax25",    "ipx",        "appletalk", "netrom", "bridge",  "atmpvc", "x25",    "rose",
    "netbeui", "security",   "key",       "ash",    "econet",  "atmsvc", "sna",    "irda",
    "pppox",   "wanpipe",    "llc",       "ib",     "mpls",    "iucv",   "rxrpc",  "isdn",
    "phonet",  "ieee802154", "caif",      "nfc",    "qipcrtr", "mctp",   "unspec", "decnet"};

struct TypeProtocol {
  std::uint32_t types;
  std::string_view key;
  std::string_view value;
  bool sends;  // datagrams
  bool to;     // can be limited to addresses
};

constexpr std::array<TypeProtocol, 8> protocols = {{
    {stream, "tcp", "\"any\"", false, true},
    {stream, "mptcp", "\"any\"", false, false},
    {dgram, "udp", "\"any\"", true, true},
    {dgram, "udplite", "\"any\"", true, true},
    {dgram, "ping", "true", true, true},
    {raw, "raw", "true", true, true},
    {seqpacket, "sctp", "\"any\"", true, true},
    {64, "dccp", "\"any\"", false, true},
}};

bool is_inet(std::string_view family) { return family == "inet" || family == "inet6"; }

constexpr std::string_view net_accesses =
    " create bind listen accept connect shutdown getattr setattr getopt setopt send receive r w rw "
    "read write ";

bool is_access(const std::string& word) {
  return net_accesses.find(" " + word + " ") != std::string_view::npos;
}

const FamilyKinds* find(std::string_view family) {
  const auto found = std::ranges::find(family_kinds, family, &FamilyKinds::family);
  return found == family_kinds.end() ? nullptr : &*found;
}

// What a block of [[net]] grants of types in all that is put into it.
void add_protocols(std::vector<NetDraft>& nets, std::uint32_t types,
                   const std::vector<std::string>& to, const std::string& origin,
                   const std::vector<std::string>& ops, const std::string& ports = {}) {
  for (const bool sends : {false, true}) {
    NetDraft net;
    for (const std::string& op : ops) {
      if (op != "send" || sends) net.ops.push_back(op);
    }
    net.to = to;
    for (const TypeProtocol& protocol : protocols) {
      if ((protocol.types & types) == 0 || protocol.sends != sends) continue;
      if (!to.empty() && !protocol.to) continue;
      const bool counted = protocol.value != "true";  // has ports
      if (!ports.empty() && !counted) continue;
      const std::string value =
          ports.empty() ? std::string(protocol.value) : fmt::format("\"{}\"", ports);
      net.protocols.push_back({fmt::format("{} = {}", protocol.key, value), origin});
    }
    if (!net.protocols.empty() && !net.ops.empty()) nets.push_back(std::move(net));
  }
}

}  // namespace

bool Translator::network(const Rule& rule) {
  std::vector<std::string> families;
  std::uint32_t types = every_type;
  std::vector<Word> accesses = rule.access;
  for (const Word& word : rule.words) {
    // One access needs no brackets.
    if (is_access(word.text)) {
      accesses.push_back(word);
      continue;
    }
    const auto type = std::ranges::find(type_words, word.text, &TypeWord::word);
    const bool family = is_inet(word.text) || word.text == "unix" || find(word.text) != nullptr;
    // "packet" is both; the first word is the family, if there are two.
    if (family && families.empty() && (word.text != "packet" || &word == &rule.words.front())) {
      families.push_back(word.text);
    } else if (type != type_words.end()) {
      types = type->types;
      if (families.empty() && type >= type_words.begin() + 6) families = {"inet", "inet6"};
    } else if (std::ranges::find(other_families, word.text) != other_families.end()) {
      if (!rule.qualifiers.deny)
        say(Effect::lost_tighter, Code::GL524,
            fmt::format("sockets of `{}` can't be granted", word.text));
      return true;
    } else {
      return fail(Code::GL501,
                  fmt::format("`{}` is no family or type of sockets", Untrusted(word.text)),
                  word.span);
    }
  }
  for (const Word& word : accesses) {
    if (!is_access(word.text))
      return fail(Code::GL501, fmt::format("`{}` is no access of this rule", Untrusted(word.text)),
                  word.span);
  }
  const bool addressed = std::ranges::any_of(rule.conditions, [](const Condition& each) {
    return each.key.text == "ip" || each.key.text == "port" || each.key.text == "peer";
  });
  // Addresses are of the internet's families alone.
  if (families.empty() && addressed) families = {"inet", "inet6"};
  if (families.empty()) {
    families = {"inet", "inet6", "unix"};
    for (const FamilyKinds& each : family_kinds) families.emplace_back(each.family);
  }
  if (addressed && !std::ranges::all_of(families, is_inet))
    return fail(Code::GL501, "addresses are for inet and inet6", rule.span);
  if (addressed && !rule.qualifiers.deny) return limited(rule, families, types, accesses);
  if (!rule.conditions.empty() || !accesses.empty()) {
    if (rule.qualifiers.deny) {
      say(Effect::tighter, Code::GL528, "a refused family is refused for all addresses");
    } else {
      say(Effect::looser, Code::GL517, "addresses and accesses of a network rule are not kept");
    }
  }
  for (const std::string& name : families) {
    Family& family = families_[name];
    if (family.allowed == 0 && family.denied == 0) family.rule = rule_;
    if (rule.qualifiers.deny && family.denied == 0) family.refusal = rule_;
    (rule.qualifiers.deny ? family.denied : family.allowed) |= types;
  }
  return true;
}

// ip= and port= of a socket's own end, or of its peer's.
bool Translator::end_of_socket(const std::vector<Condition>& conditions, bool peer, End& out) {
  for (const Condition& each : conditions) {
    const bool ip = each.key.text == "ip";
    if (!ip && each.key.text != "port") continue;
    if (each.in || each.values.size() != 1)
      return fail(Code::GL501, fmt::format("`{}` has one value", each.key.text), each.key.span);
    const Word& word = each.values.front();
    if (ip && word.text == "none") {
      out.none = true;
    } else if (ip) {
      // Blocks and our words for them are not in that language.
      const bool plain = word.text.find_first_of(".:") != std::string::npos &&
                         word.text.find('/') == std::string::npos;
      if (!plain || !profile::parse_address(word.text))
        return fail(Code::GL501, fmt::format("`{}` is no address", Untrusted(word.text)),
                    word.span);
      out.ip = word.text;
    } else {
      const auto range = profile::parse_ports(word.text);
      if (!range || word.text == "any")
        return fail(Code::GL501, fmt::format("`{}` is no port", Untrusted(word.text)), word.span);
      // Its parser takes port 0 of a peer for all ports.
      if (!peer || range->first != 0) out.ports = profile::to_text(*range);
      if (out.ports == "any") out.ports.clear();
    }
  }
  return true;
}

// A grant with addresses: the own end is what may be bound, the peer's what may be
// connected and sent to.
bool Translator::limited(const Rule& rule, const std::vector<std::string>& families,
                         std::uint32_t types, const std::vector<Word>& accesses) {
  End own, peer;
  if (!end_of_socket(rule.conditions, false, own)) return false;
  for (const Condition& each : rule.conditions) {
    if (each.key.text == "peer" && !end_of_socket(each.parts, true, peer)) return false;
  }
  const auto has = [&](std::initializer_list<std::string_view> words) {
    return accesses.empty() || std::ranges::any_of(accesses, [&](const Word& word) {
             return std::ranges::find(words, word.text) != words.end();
           });
  };
  const bool own_given = own.none || !own.ip.empty() || !own.ports.empty();
  const bool peer_given = peer.none || !peer.ip.empty() || !peer.ports.empty();
  // Who names but his own end means what he serves there.
  const bool serves = accesses.empty() && own_given && !peer_given;
  say(Effect::looser, Code::GL517,
      "whom is received from, and from which own address a socket is connected, are not asked "
      "about; listening comes with `bind`, and options with the socket");
  if (serves)
    say(Effect::tighter, Code::GL529, "connecting is not granted by the own address alone");
  if (serves && (types & dgram) != 0)
    say(Effect::looser, Code::GL517, "datagrams are sent to all addresses from there");
  if ((types & (stream | dgram | raw)) != 0)
    say(Effect::tighter, Code::GL529,
        "MPTCP is not granted by address, nor raw and ping sockets by port");
  const std::size_t before = limited_.size();
  for (const std::string& family : families) {
    const auto add = [&](const char* op, const End& end) {
      if (end.none) return;
      const bool v6 = end.ip.find(':') != std::string::npos;
      if (!end.ip.empty() && v6 != (family == "inet6")) return;
      const std::string all = family == "inet6" ? "::/0" : "0.0.0.0/0";
      limited_.push_back({family, types, op, end.ip.empty() ? all : end.ip, end.ports, rule_});
    };
    if (has({"bind"})) add("bind", own);
    if (has({"connect"}) && !serves) add("connect", peer);
    if (has({"send", "write", "w", "rw"})) add("send", peer);
  }
  // Mostly an address of the other family, `none`, or only what is not asked about.
  if (limited_.size() == before)
    say(Effect::lost_tighter, Code::GL524, "nothing that the rule names is granted by itself");
  return true;
}

bool Translator::unix_socket(const Rule& rule) {
  bool labelled = false, typed = false, unnamed = false;
  std::vector<std::pair<bool, Word>> addresses;  // of the peer?, the address
  const auto look = [&](const Condition& condition, bool peer) {
    for (const Word& word : condition.values) {
      if (condition.key.text == "addr") {
        if (word.text == "none")
          unnamed = true;
        else
          addresses.emplace_back(peer, word);
      }
    }
    labelled = labelled || condition.key.text == "label";
    typed = typed || condition.key.text == "type" || condition.key.text == "protocol" ||
            condition.key.text == "attr" || condition.key.text == "opt";
  };
  for (const Condition& condition : rule.conditions) {
    if (condition.key.text != "peer") look(condition, false);
    for (const Condition& part : condition.parts) look(part, true);
  }
  const auto has = [&](std::initializer_list<std::string_view> words) {
    if (rule.access.empty() && rule.words.empty()) return true;
    const auto in = [&](const Word& word) {
      return std::ranges::find(words, word.text) != words.end();
    };
    return std::ranges::any_of(rule.access, in) || std::ranges::any_of(rule.words, in);
  };
  const bool binds = has({"bind", "listen", "accept", "rw", "w"});
  const bool connects = has({"connect", "rw", "w"});
  const bool sends = has({"send", "write", "rw", "w"});
  const bool acts = binds || connects || sends;
  if (rule.qualifiers.deny && (!acts || (addresses.empty() && (labelled || typed || unnamed)))) {
    say(Effect::lost_looser, Code::GL518, "Unix sockets are not refused by peer or type");
    return true;
  }
  if (rule.qualifiers.deny && addresses.empty() && rule.access.empty() && rule.words.empty()) {
    families_["unix"] = {families_["unix"].allowed, every_type, families_["unix"].rule, rule_};
    return true;
  }
  if (rule.qualifiers.deny && (labelled || typed))
    say(Effect::tighter, Code::GL528, "a refused address is refused for every type and peer");
  if (!rule.qualifiers.deny) {
    if (labelled && !addresses.empty())
      say(Effect::looser, Code::GL518, "peers of Unix sockets are not told apart by profile");
    if (typed) say(Effect::looser, Code::GL518, "types of Unix sockets are not told apart");
    unix_sockets_ = true;
    if (addresses.empty() && labelled) {
      if (acts)
        say(Effect::tighter, Code::GL524, "a peer by its profile alone is not granted an address");
      return true;
    }
  }
  if (addresses.empty() && unnamed) return true;
  if (addresses.empty()) addresses.emplace_back(true, Word{"@**", rule.span, false});
  auto& names = rule.qualifiers.deny ? unix_denied_ : unix_names_;
  for (const auto& [peer, address] : addresses) {
    const auto text = variables_.expand(address);
    if (!text) return false;
    if (!text->starts_with('@')) continue;  // a path: file rules decide
    const auto glob = name_of(*text);
    if (!glob) return fail(Code::GL501, glob.error().what, address.span);
    const Item item{*glob, origin(rule_)};
    if (binds && (!peer || *text == "@**")) names[1u << GL_NET_BIND].push_back(item);
    if (connects && peer) names[1u << GL_NET_CONNECT].push_back(item);
    if (sends && peer) names[1u << GL_NET_SEND].push_back(item);
  }
  return true;
}

// A path that may be written may be the socket of a server.
void Translator::write_unix_paths(Draft& draft) {
  NetDraft allow, deny;
  allow.ops = deny.ops = {"bind", "connect", "send"};
  deny.deny = true;
  allow.comment = "Sockets by their path: what may be written may be bound and connected to.";
  std::vector<Entry> denied;
  for (const Entry& entry : entries_) {
    if (entry.deny && (entry.access & GL_FILE_WRITE) != 0 && !entry.directory)
      denied.push_back(entry);
  }
  const auto add = [&](std::vector<Item>& to, const Entry& entry) {
    if (std::ranges::find(to, entry.glob, &Item::text) == to.end())
      to.push_back({entry.glob, origin(entry.rule)});
  };
  // A path is of no use where no such socket can be made.
  if (unix_refused() || (families_["unix"].allowed == 0 && !unix_sockets_)) return;
  for (const Entry& entry : entries_) {
    if (entry.directory || (entry.access & GL_FILE_WRITE) == 0) continue;
    if (entry.deny) {
      add(deny.unix_names, entry);
      continue;
    }
    const bool dead = std::ranges::any_of(denied, [&](const Entry& other) {
      return profile::covers(other.alternatives, entry.alternatives);
    });
    if (dead) continue;
    add(allow.unix_names, entry);
    if (entry.owner != profile::Owner::any)
      say(Effect::looser, Code::GL518, "the owner of a Unix socket is not asked", entry.rule);
  }
  if (allow.unix_names.empty()) return;
  draft.nets.push_back(std::move(allow));
  if (!deny.unix_names.empty()) draft.nets.push_back(std::move(deny));
}

// Every type of it is refused, and so the whole.
bool Translator::unix_refused() { return (families_["unix"].denied & unix_types) == unix_types; }

// A kind of socket is granted whole or not at all. What is left out of a refusal
// by type counts where some Unix socket is granted.
void Translator::unix_by_type(const Draft& draft) {
  const Family& family = families_["unix"];
  const std::uint32_t left = family.allowed & ~family.denied & unix_types;
  if (unix_refused()) return;
  if (left != 0 && left != unix_types)
    say(Effect::looser, Code::GL518, "types of Unix sockets are not told apart", family.rule);
  const bool paths = std::ranges::any_of(
      draft.nets, [](const NetDraft& net) { return !net.deny && !net.unix_names.empty(); });
  if ((family.denied & unix_types) != 0 && (left != 0 || unix_sockets_ || paths))
    say(Effect::lost_looser, Code::GL518, "Unix sockets are not refused by peer or type",
        family.refusal);
}

void Translator::write_nets(Draft& draft) {
  unix_by_type(draft);
  const auto left = [&](const char* name) {
    const Family& family = families_[name];
    return family.allowed & ~family.denied;
  };
  const std::uint32_t v4 = left("inet"), v6 = left("inet6");
  const std::vector<std::string> ops = {"bind", "connect", "send"};
  const std::string from =
      origin(families_["inet"].allowed != 0 ? families_["inet"].rule : families_["inet6"].rule);
  add_protocols(draft.nets, v4 & v6, {}, from, ops);
  if ((v4 & ~v6) != 0) {
    add_protocols(draft.nets, v4 & ~v6, {"0.0.0.0/0"}, origin(families_["inet"].rule), ops);
    say(Effect::looser, Code::GL517,
        "a socket of the other internet family can be made, and not used", families_["inet"].rule);
  }
  if ((v6 & ~v4) != 0) {
    add_protocols(draft.nets, v6 & ~v4, {"::/0"}, origin(families_["inet6"].rule), ops);
    say(Effect::looser, Code::GL517,
        "a socket of the other internet family can be made, and not used", families_["inet6"].rule);
  }
  for (const Limited& each : limited_) {
    const std::uint32_t types = each.types & ~families_[each.family].denied;
    add_protocols(draft.nets, types, {each.to}, origin(each.rule), {each.op}, each.ports);
  }
  // SCTP is one kind here, of both types. It alone has packets, and few mean it by streams.
  for (const char* name : {"inet", "inet6"}) {
    const std::uint32_t types = left(name) & (stream | seqpacket);
    if (types == stream)
      say(Effect::tighter, Code::GL529, "streams of SCTP are not granted", families_[name].rule);
    if (types == seqpacket)
      say(Effect::looser, Code::GL517, "streams of SCTP are granted too", families_[name].rule);
  }
  NetDraft kinds;
  for (const FamilyKinds& each : family_kinds) {
    const std::uint32_t types = left(std::string(each.family).c_str());
    if (types == 0) continue;
    const std::size_t by = families_[std::string(each.family)].rule;
    for (const std::string_view kind : each.kinds) {
      if (!kind.empty()) kinds.sockets.push_back({std::string(kind), origin(by)});
    }
    const std::uint32_t whole = each.family == "netlink"  ? dgram | raw
                                : each.family == "packet" ? dgram | raw
                                                          : std::uint32_t{every_type};
    if ((types & whole) != whole)
      say(Effect::looser, Code::GL517, "types of sockets of a family are not told apart", by);
  }
  const bool unix_denied = unix_refused();
  if ((left("unix") != 0 || unix_sockets_) && !unix_denied) {
    kinds.sockets.push_back({"unix", left("unix") != 0 ? origin(families_["unix"].rule) : ""});
  }
  // A network rule of the family holds for all that it may name.
  if (left("unix") != 0 && !unix_denied) {
    for (const gl_net_op op : {GL_NET_BIND, GL_NET_CONNECT, GL_NET_SEND})
      unix_names_[1u << op].push_back({"@**", origin(families_["unix"].rule)});
  }
  if (!kinds.sockets.empty()) draft.nets.push_back(std::move(kinds));
  const std::array<std::pair<gl_net_op, const char*>, 3> words = {
      {{GL_NET_BIND, "bind"}, {GL_NET_CONNECT, "connect"}, {GL_NET_SEND, "send"}}};
  for (const bool deny : {false, true}) {
    for (const auto& [op, word] : words) {
      auto& from_map = deny ? unix_denied_ : unix_names_;
      NetDraft net;
      net.deny = deny;
      net.ops = {word};
      for (const Item& item : from_map[1u << op]) {
        const auto same = [&](const Item& other) { return other.text == item.text; };
        const bool refused = !deny && std::ranges::any_of(unix_denied_[1u << op], same);
        if (!refused && std::ranges::none_of(net.unix_names, same)) net.unix_names.push_back(item);
      }
      if (!net.unix_names.empty() && !unix_denied) draft.nets.push_back(std::move(net));
    }
  }
}

}  // namespace glacis::import::apparmor
