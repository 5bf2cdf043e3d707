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
#include "manager/import/apparmor/sockets.h"
#include "manager/import/apparmor/translate.h"

namespace glacis::import::apparmor {
namespace {

using diag::Code;

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

bool is_inet(std::string_view family) { return family == "inet" || family == "inet6"; }

const FamilyKinds* find_family(std::string_view family) {
  const auto found = std::ranges::find(family_kinds, family, &FamilyKinds::family);
  return found == family_kinds.end() ? nullptr : &*found;
}

}  // namespace

bool Translator::network(const Rule& rule) {
  std::vector<std::string> families;
  std::uint32_t types = every_type;
  const auto asks = socket_asks(rule);
  if (!asks) return fail(Code::GL501, asks.error().what, asks.error().span);
  for (const Word& word : rule.words) {
    const auto type = std::ranges::find(type_words, word.text, &TypeWord::word);
    const bool family =
        is_inet(word.text) || word.text == "unix" || find_family(word.text) != nullptr;
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
    } else if (!is_socket_access(word.text)) {
      return fail(Code::GL501,
                  fmt::format("`{}` is no family or type of sockets", Untrusted(word.text)),
                  word.span);
    }
  }
  const bool addressed = asks->local.addressed() || asks->peer.addressed();
  if (families.empty()) {
    families = {"inet", "inet6"};
    // An address is of the internet.
    if (!addressed) {
      families.emplace_back("unix");
      for (const FamilyKinds& each : family_kinds) families.emplace_back(each.family);
    }
  } else if (addressed && !is_inet(families[0])) {
    return fail(Code::GL501, fmt::format("sockets of `{}` have no such address", families[0]),
                rule.span);
  }
  std::uint32_t versions = 0;
  for (const std::string& name : families) {
    if (is_inet(name)) {
      versions |= name == "inet" ? version_4 : version_6;
    } else {
      other_sockets(name, *asks, types);
    }
  }
  if (versions != 0) internet(*asks, versions, types);
  return true;
}

void Translator::allow_or_refuse(const std::string& name, std::uint32_t types) {
  const bool deny = denies();
  Family& family = families_[name];
  if (family.allowed == 0 && family.denied == 0) family.rule = rule_;
  if (deny && family.denied == 0) family.refusal = rule_;
  (deny ? family.denied : family.allowed) |= types;
}

// No address of theirs is known here, and of what is done with them only that they are made.
void Translator::other_sockets(const std::string& name, const SocketAsks& asks,
                               std::uint32_t types) {
  const bool whole = asks.access == every_socket_access;
  if (denies()) {
    if (!whole)
      say(Effect::tighter, Code::GL528, "a refused family is refused for everything done with it");
  } else {
    // A socket that can't be made.
    if ((asks.access & socket_create) == 0 && name != "unix") return;
    if (!whole)
      say(Effect::looser, Code::GL517,
          fmt::format("what is done with a socket of `{}` is not asked about", name));
  }
  allow_or_refuse(name, types);
}

// Peers by their profile alone.
bool Translator::unix_listeners(const Rule& rule, bool connects, bool reaches, bool typed) {
  const bool deny = rule.qualifiers.deny;
  if (!deny) unix_sockets_ = true;
  if (!reaches) {
    if (deny) say(Effect::lost_looser, Code::GL518, "who connects to a Unix socket is not refused");
    return true;
  }
  for (const std::string& peer : peers(rule)) process(peer, GL_TASK_CONNECT, 0);
  if (deny)
    say(Effect::looser, Code::GL518, "who is refused as a peer may still connect to this program");
  else if (typed)
    say(Effect::looser, Code::GL518, "types of Unix sockets are not told apart");
  else if (!connects)
    say(Effect::looser, Code::GL518, "whom something may be sent to may be connected to");
  return true;
}

bool Translator::unix_socket(const Rule& rule) {
  bool labelled = false, by_label = false, typed = false, unnamed = false;
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
    by_label = by_label || (peer && condition.key.text == "label");
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
  if (by_label && addresses.empty())
    return unix_listeners(rule, connects, connects || sends, typed);
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
        say(Effect::tighter, Code::GL524, "a program's own label is not granted an address");
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
  write_internet(draft);
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
