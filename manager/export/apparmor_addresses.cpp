// SPDX-License-Identifier: Apache-2.0
// Sockets with their addresses and ports, for a parser of 4.0 or later. It knows one
// address or all, and one port or all: a short range becomes a line for each port.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "manager/export/apparmor_writer.h"
#include "manager/profile/address.h"

namespace glacis::exports {
namespace {

using diag::Code;
using namespace profile;

constexpr std::size_t most_ports = 64, most_addresses = 64;  // of a rule, a line each

using Texts = std::optional<std::vector<std::string>>;

// "ip=::1 " for each, one empty text for all of them; nothing where a block is among them.
Texts addresses_of(const NetRule& rule, bool v6) {
  std::vector<std::string> out;
  for (const Cidr& cidr : rule.addresses) {
    if (cidr.v6 != v6) continue;
    if (cidr.prefix == 0) return std::vector<std::string>{""};
    if (cidr.prefix != (v6 ? 128u : 32u)) return std::nullopt;
    out.push_back(fmt::format("ip={} ", to_text(cidr)));
  }
  if (rule.addresses.empty()) out.emplace_back();
  return out.size() > most_addresses ? Texts() : Texts(std::move(out));
}

// The parser takes port 0 for something else, so it is left out.
Texts ports_of(const NetRule& rule) {
  std::vector<std::string> out;
  for (const PortRange& range : rule.ports) {
    if (range.first <= 1 && range.last == 65535) return std::vector<std::string>{""};
    for (std::uint32_t port = std::max<std::uint32_t>(range.first, 1); port <= range.last; ++port) {
      if (out.size() == most_ports) return std::nullopt;
      out.push_back(fmt::format("port={} ", port));
    }
  }
  if (rule.ports.empty()) out.emplace_back();
  return out;
}

bool has(const auto& list, auto value) { return std::ranges::find(list, value) != list.end(); }

// "(bind)" by its own end, and what is done with a peer.
std::array<std::string, 2> accesses_of(const NetRule& rule, bool sends) {
  std::array<std::string, 2> out;
  if (has(rule.ops, GL_NET_BIND)) out[0] = "bind";
  if (has(rule.ops, GL_NET_CONNECT)) out[1] = "connect";
  if (sends && has(rule.ops, GL_NET_SEND)) out[1] += out[1].empty() ? "send" : ", send";
  return out;
}

}  // namespace

// What a rule says of one type of socket in one family; nothing where it can't.
std::vector<std::string> AppArmorWriter::ends(const NetRule& rule, bool v6, std::string_view type,
                                              diag::Span span) {
  auto addresses = addresses_of(rule, v6);
  auto ports = ports_of(rule);
  if (!addresses || !ports) {
    if (rule.deny) return {};
    say(Code::GL613,
        addresses ? "a long range of ports becomes all of them"
                  : "a block of addresses becomes all of them",
        span);
    if (!addresses) addresses = {""};
    if (!ports) ports = {""};
  }
  const bool zero = std::ranges::any_of(
      rule.ports, [](const PortRange& range) { return range.first == 0 && range.last != 65535; });
  if (zero && !rule.deny)
    say(Code::GL621, "that the kernel chooses a port can't be written down", span);
  std::vector<std::string> out;
  const auto accesses = accesses_of(rule, type != "stream");
  for (const bool peer : {false, true}) {
    if (accesses[peer].empty()) continue;
    for (const std::string& address : *addresses) {
      for (const std::string& port : *ports) {
        std::string end = address + port;
        if (!end.empty()) end.pop_back();
        if (peer && !end.empty()) end = fmt::format("peer=({})", end);
        out.push_back(fmt::format("{}network ({}) {} {}{}{}", rule.deny ? denies() : "",
                                  accesses[peer], v6 ? "inet6" : "inet", type,
                                  end.empty() ? "" : " ", end));
      }
    }
  }
  return out;
}

void AppArmorWriter::addressed(bool v6, std::string_view type, std::span<const gl_socket> kinds) {
  // What Glacis does not ask about. Over a connection that is sending too.
  line(fmt::format(
      "network (create, listen, accept, receive, shutdown, getattr, setattr, getopt, setopt{}) "
      "{} {}",
      type == "stream" ? ", send" : "", v6 ? "inet6" : "inet", type));
  // By protocol, each of which has rules of its own.
  std::map<gl_socket, std::set<std::string>> lines;
  std::set<std::string> written;
  diag::Span span{};
  for (const gl_socket kind : kinds) lines[kind] = {};
  for (const Rule& rule : profile_.rules) {
    const auto* body = std::get_if<NetRule>(&rule.body);
    if (body == nullptr || body->deny) continue;
    const bool other =
        !body->addresses.empty() &&
        std::ranges::none_of(body->addresses, [&](const Cidr& cidr) { return cidr.v6 == v6; });
    const auto speaks = [&](gl_socket kind) { return has(body->sockets, kind); };
    if (other || std::ranges::none_of(kinds, speaks)) continue;
    span = rule.span;
    for (const std::string& text : ends(*body, v6, type, rule.span)) {
      if (written.insert(text).second) line(text);
      for (const gl_socket kind : kinds) {
        if (speaks(kind)) lines[kind].insert(text);
      }
    }
  }
  if (std::ranges::any_of(lines, [&](const auto& each) { return each.second != written; }))
    say(Code::GL613, fmt::format("protocols of the type `{}` are not told apart", type), span);
}

}  // namespace glacis::exports
