// SPDX-License-Identifier: Apache-2.0
// Families of sockets, addresses and ports.
#include <algorithm>
#include <array>

#include "lsm/abi/access.h"
#include "manager/import/everything.h"
#include "manager/import/systemd/translate.h"
#include "manager/profile/address.h"

namespace glacis::import::systemd {
namespace {

using diag::Code;

constexpr std::size_t most_blocks = 1024;  // and ports

struct Family {
  std::string_view name;
  std::array<std::string_view, 6> kinds;
};

constexpr std::array<Family, 12> known_families = {{
    {"AF_UNIX", {"unix"}},
    {"AF_NETLINK",
     {"netlink_route", "netlink_audit", "netlink_uevent", "netlink_diag", "netlink_generic",
      "netlink_other"}},
    {"AF_PACKET", {"packet"}},
    {"AF_VSOCK", {"vsock"}},
    {"AF_ALG", {"alg"}},
    {"AF_BLUETOOTH", {"bluetooth"}},
    {"AF_CAN", {"can"}},
    {"AF_TIPC", {"tipc"}},
    {"AF_RDS", {"rds"}},
    {"AF_SMC", {"smc"}},
    {"AF_XDP", {"xdp"}},
    {"AF_KCM", {"kcm"}},
}};

std::vector<std::string> blocks_of(const std::string& word) {
  if (word == "localhost") return {"127.0.0.0/8", "::1/128"};
  if (word == "link-local") return {"169.254.0.0/16", "fe80::/64"};
  if (word == "multicast") return {"224.0.0.0/4", "ff00::/8"};
  return {word};
}

bool holds(const std::vector<std::string>& all, std::string_view word) {
  return std::ranges::find(all, word) != all.end();
}

std::vector<Item> protocols(std::initializer_list<const char*> words) {
  std::vector<Item> out;
  for (const char* word : words) out.push_back({word, {}});
  return out;
}

}  // namespace

// An empty value takes the whole list back.
void Translator::families(const std::string& value) {
  if (value.empty()) {
    families_ = {};
  } else {
    choose(families_, value);
  }
}

void Translator::addresses(const std::string& value, std::vector<std::string>& to) {
  if (value.empty()) {
    to.clear();
    return;
  }
  limits_ = true;
  for (const std::string& word : words_of(value)) {
    for (std::string& block : blocks_of(word)) {
      if (block != "any" && !profile::parse_address(block)) {
        // One that is not known grants nothing, or refuses everything.
        statements_.tighter(Code::GL531,
                            fmt::format("`{}` is no block of addresses", Untrusted(word)));
        if (&to == &denied_)
          block = "any";
        else
          continue;
      }
      if (to.size() >= most_blocks) {
        statements_.tighter(Code::GL531, "more addresses than this are refused");
        if (&to == &denied_) denied_ = {"any"};
        return;
      }
      if (!holds(to, block)) to.push_back(std::move(block));
    }
  }
}

void Translator::deny_addresses(const std::string& value) {
  if (!value.empty())
    statements_.looser(Code::GL530, "who is accepted is not asked, where addresses are limited");
  addresses(value, denied_);
}

// [family:][protocol:]ports
void Translator::bind_allow(const std::string& value) {
  if (value.empty()) {
    binds_.clear();
    return;
  }
  for (std::string word : words_of(value)) {
    std::string protocol;
    for (std::size_t colon = word.find(':'); colon != std::string::npos; colon = word.find(':')) {
      const std::string part = word.substr(0, colon);
      if (part == "tcp" || part == "udp") protocol = part;
      if (part == "ipv4" || part == "ipv6")
        statements_.looser(Code::GL517, "the family of a port that is bound is not asked");
      word.erase(0, colon + 1);
    }
    if (word == "tcp" || word == "udp") {
      protocol = word;
      word = "any";
    }
    if (word == "ipv4" || word == "ipv6") word = "any";
    if (word != "any" && !profile::parse_ports(word)) {
      statements_.tighter(Code::GL531, fmt::format("`{}` is no port", Untrusted(word)));
      continue;
    }
    if (binds_.size() >= most_blocks) {
      statements_.tighter(Code::GL531, "more ports than this are refused");
      return;
    }
    for (const char* each : {"tcp", "udp"}) {
      if (protocol.empty() || protocol == each) binds_.emplace_back(each, word);
    }
  }
}

void Translator::bind_deny(const std::string& value) {
  if (value == "any") {
    bind_any_ = false;
    // They share tables of addresses with those that are limited.
    statements_.tighter(Code::GL531, "sockets of other protocols than tcp and udp are not bound");
  } else if (!value.empty()) {
    statements_.lost(Code::GL519, "a port alone is not refused to be bound");
  } else {
    bind_any_ = true;
  }
}

void Translator::private_network(const std::string& value) {
  if (!yes(value)) return;
  private_network_ = true;
  statements_.looser(Code::GL530, "the loopback of the host takes the place of one of its own");
}

void Translator::internet(Draft& draft, bool v4, bool v6) {
  if (!v4 && !v6) return;
  const bool everywhere = !private_network_ && !(limits_ && holds(denied_, "any"));
  std::vector<std::string> to;
  if (private_network_) {
    to = {"loopback"};
  } else if (!everywhere) {
    to = allowed_;
    if (holds(to, "any")) to.clear();
  }
  const bool nowhere = !everywhere && !private_network_ && allowed_.empty();
  std::erase_if(to, [&](const std::string& block) {
    const auto cidrs = profile::parse_address(block);
    return block != "loopback" && cidrs && !cidrs->empty() && !(cidrs->front().v6 ? v6 : v4);
  });
  if (to.empty() && v4 != v6 && !nowhere) to = {v4 ? "0.0.0.0/0" : "::/0"};
  const std::vector<std::string> own =
      v4 && v6 ? std::vector<std::string>{} : std::vector<std::string>{v4 ? "0.0.0.0/0" : "::/0"};
  const std::string from =
      origin_of({"PrivateNetwork", "IPAddressAllow", "IPAddressDeny", "RestrictAddressFamilies"});
  const std::string bound = origin_of({"SocketBindAllow", "SocketBindDeny"});
  const auto put = [&](std::vector<std::string> ops, std::vector<Item> words,
                       const std::vector<std::string>& where) {
    NetDraft net;
    const bool binds = ops.size() == 1 && ops[0] == "bind" && !bound.empty();
    for (Item& word : words) word.origin = binds ? bound : from;
    net.ops = std::move(ops);
    net.protocols = std::move(words);
    net.to = where;
    draft.nets.push_back(std::move(net));
  };
  const auto streams = protocols({"tcp = \"any\"", "dccp = \"any\""});
  const auto packets = protocols(
      {"udp = \"any\"", "udplite = \"any\"", "sctp = \"any\"", "ping = true", "raw = true"});
  if (!nowhere) {
    put({"connect"}, streams, to);
    put({"connect", "send"}, packets, to);
  }
  if (bind_any_) {
    put({"bind"}, streams, own);
    put({"bind"}, packets, own);
  } else {
    for (const auto& [protocol, port] : binds_)
      put({"bind"}, {{fmt::format("{} = \"{}\"", protocol, port), {}}}, own);
  }
  if (v4 && v6 && to.empty() && !nowhere && bind_any_)
    put({"bind", "connect"}, protocols({"mptcp = \"any\""}), {});
  if (denied_.empty() || holds(denied_, "any")) return;
  NetDraft refused;
  refused.deny = true;
  refused.ops = {"connect", "send"};
  refused.to = denied_;
  draft.nets.push_back(std::move(refused));
  if (!allowed_.empty())
    statements_.tighter(Code::GL531, "an address that is allowed and refused is refused");
}

void Translator::sockets(Draft& draft) {
  const auto has = [&](std::string_view name) {
    return !families_.set || chosen(families_, std::string(name));
  };
  bool none = families_.names.contains("none");
  if (none) families_ = {true, false, {}};
  internet(draft, has("AF_INET"), has("AF_INET6"));
  NetDraft kinds;
  for (const Family& family : known_families) {
    const bool local = family.name == "AF_UNIX";
    if (!has(family.name) && !(local && has("AF_LOCAL"))) continue;
    if (local && families_.inverted && (!has("AF_UNIX") || !has("AF_LOCAL"))) continue;
    for (const std::string_view kind : family.kinds) {
      if (!kind.empty())
        kinds.sockets.push_back({std::string(kind), origin_of({"RestrictAddressFamilies"})});
    }
    if (!local) continue;
    NetDraft names;
    names.ops = {"bind", "connect", "send"};
    names.unix_names = {{whole_tree, {}}, {"@**", {}}};
    draft.nets.push_back(std::move(names));
  }
  if (!kinds.sockets.empty()) draft.nets.push_back(std::move(kinds));
  for (const std::string& name : families_.names) {
    const bool known =
        name == "AF_INET" || name == "AF_INET6" || name == "AF_LOCAL" ||
        std::ranges::find(known_families, name, &Family::name) != known_families.end();
    if (!known && !families_.inverted)
      statements_.note(Code::GL524,
                       fmt::format("sockets of `{}` can't be granted", Untrusted(name)));
  }
}

}  // namespace glacis::import::systemd
