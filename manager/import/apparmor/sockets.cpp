// SPDX-License-Identifier: Apache-2.0
// Read as strictly as AppArmor's parser does: one address, no block of them, and
// one port or a range.
#include "manager/import/apparmor/sockets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "manager/base/escape.h"
#include "manager/profile/address.h"

namespace glacis::import::apparmor {
namespace {

struct AccessWord {
  std::string_view word;
  std::uint32_t access;
};

constexpr std::array<AccessWord, 17> access_words = {{
    {"create", socket_create},
    {"bind", socket_bind},
    {"connect", socket_connect},
    {"send", socket_send},
    {"receive", socket_receive},
    {"accept", socket_accept},
    {"listen", socket_listen},
    {"shutdown", socket_shutdown},
    {"getattr", socket_getattr},
    {"setattr", socket_setattr},
    {"getopt", socket_getopt},
    {"setopt", socket_setopt},
    {"r", socket_receive},
    {"read", socket_receive},
    {"w", socket_send},
    {"write", socket_send},
    {"rw", socket_receive | socket_send},
}};

std::unexpected<SocketFault> wrong(std::string what, diag::Span span) {
  return std::unexpected(SocketFault{std::move(what), span});
}

using Read = std::expected<void, SocketFault>;

Read read(const Condition& condition, SocketSide& out) {
  const Word& key = condition.key;
  const bool ip = key.text == "ip";
  if (condition.in || condition.values.size() != 1 || !condition.parts.empty())
    return wrong(fmt::format("`{}=` takes one value", key.text), key.span);
  if (ip ? out.none || out.ip : out.port.has_value())
    return wrong(fmt::format("`{}=` is given twice", key.text), key.span);
  const Word& value = condition.values[0];
  if (ip && value.text == "none") {
    out.none = true;
    return {};
  }
  if (!ip) {
    const auto ports = value.text == "any" ? std::unexpected(profile::AddressError{})
                                           : profile::parse_ports(value.text);
    if (!ports)
      return wrong(fmt::format("`{}` is no port or range of ports", Untrusted(value.text)),
                   value.span);
    out.port = *ports;
    return {};
  }
  const bool plain = value.text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos;
  const auto found = profile::parse_address(value.text);
  if (!plain || !found || found->size() != 1)
    return wrong(fmt::format("`{}` is no address", Untrusted(value.text)), value.span);
  out.ip = found->front();
  return {};
}

}  // namespace

bool is_socket_access(std::string_view word) {
  return std::ranges::find(access_words, word, &AccessWord::word) != access_words.end();
}

std::string socket_access_text(std::uint32_t access) {
  std::vector<std::string> words;
  for (const AccessWord& each : access_words) {
    if (each.word.size() > 2 && each.word != "read" && each.word != "write" &&
        (each.access & access) != 0)
      words.push_back(fmt::format("`{}`", each.word));
  }
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

std::expected<SocketAsks, SocketFault> socket_asks(const Rule& rule) {
  SocketAsks out;
  std::uint32_t listed = 0;
  const auto add = [&](const Word& word) {
    const auto found = std::ranges::find(access_words, word.text, &AccessWord::word);
    if (found != access_words.end()) listed |= found->access;
    return found != access_words.end();
  };
  for (const Word& word : rule.access) {
    if (!add(word))
      return wrong(fmt::format("`{}` is no access of a socket", Untrusted(word.text)), word.span);
  }
  for (const Word& word : rule.words) add(word);
  for (const Condition& condition : rule.conditions) {
    const bool peer = condition.key.text == "peer";
    const std::vector<Condition> own = {condition};
    for (const Condition& part : peer ? condition.parts : own) {
      if (part.key.text != "ip" && part.key.text != "port") {
        out.others = true;
        continue;
      }
      const auto done = read(part, peer ? out.peer : out.local);
      if (!done) return std::unexpected(done.error());
    }
    if (peer && condition.parts.empty())
      return wrong("`peer=` takes (ip=... port=...)", condition.key.span);
  }
  out.listed = listed != 0;
  if (out.listed) out.access = listed;
  if (out.listed && out.peer.addressed() && (listed & ~peer_access) != 0) {
    return wrong(
        fmt::format("{} can't be limited to a peer", socket_access_text(listed & ~peer_access)),
        rule.span);
  }
  return out;
}

}  // namespace glacis::import::apparmor
