// SPDX-License-Identifier: Apache-2.0
#include "manager/image/describe.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <vector>

#include "manager/base/signals.h"
#include "manager/image/words.h"
#include "manager/profile/words.h"

namespace glacis::image {
namespace {

template <typename List, typename Text>
std::string joined(const List& list, Text text) {
  std::string out;
  for (const auto& item : list) {
    if (!out.empty()) out += ',';
    out += text(item);
  }
  return out;
}

std::string sockets_text(const std::vector<gl_socket>& sockets) {
  return joined(sockets, [](gl_socket kind) { return text_of(socket_words(), kind); });
}

std::string_view deny_text(bool deny) { return deny ? "deny " : ""; }

std::string_view owner_text(profile::Owner owner) {
  switch (owner) {
    case profile::Owner::any:
      return "";
    case profile::Owner::self:
      return " owner self";
    case profile::Owner::root:
      return " owner root";
  }
  return "";
}

std::string port_text(const profile::PortRange& range) {
  return range.first == range.last ? fmt::format("{}", range.first)
                                   : fmt::format("{}-{}", range.first, range.last);
}

std::string transition(std::string_view glob, const profile::Transition& to) {
  if (to.to.empty()) return fmt::format("exec {} to inherit", glob);
  return fmt::format("exec {} to {}{}{}", glob, to.to, to.scrub ? "" : " env keep",
                     to.unsafe ? " unsafe" : "");
}

struct Describe {
  std::string operator()(const profile::PathRule& rule) const {
    constexpr std::uint32_t kUnix = GL_FILE_UNIX_BIND | GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND;
    const bool is_unix = (rule.access & ~kUnix) == 0 && rule.access != 0;
    if (rule.transition) return transition(rule.glob, *rule.transition);
    if (rule.access == GL_FILE_DIGEST) return fmt::format("digest {}", rule.glob);
    std::string words = file_access_text(rule.access);
    if (is_unix)  // "unix_connect,unix_send" reads "unix connect,send"
      for (std::size_t at; (at = words.find("unix_")) != std::string::npos;) words.erase(at, 5);
    return fmt::format("{}{} {} {}{}", deny_text(rule.deny), is_unix ? "unix" : "file", words,
                       rule.glob, owner_text(rule.owner));
  }
  std::string operator()(const profile::EndingRule& rule) const {
    return fmt::format(
        "file {} if {}", file_access_text(rule.access),
        joined(rule.endings, [](gl_ending e) { return text_of(ending_words(), e); }));
  }
  std::string operator()(const profile::NetRule& rule) const {
    std::string out =
        fmt::format("{}net {} {}", deny_text(rule.deny),
                    joined(rule.ops, [](gl_net_op op) { return text_of(net_op_words(), op); }),
                    sockets_text(rule.sockets));
    if (!rule.addresses.empty()) out += " to " + joined(rule.addresses, cidr_text);
    if (!rule.ports.empty()) out += " port " + joined(rule.ports, port_text);
    return out;
  }
  std::string operator()(const profile::SocketRule& rule) const {
    return "socket " + sockets_text(rule.sockets);
  }
  std::string operator()(const profile::CapabilityRule& rule) const {
    return fmt::format("{}capability {}", deny_text(rule.deny),
                       text_of(capability_words(), rule.capability));
  }
  std::string operator()(const profile::MemoryRule& rule) const {
    return "memory " + bits_text(memory_words(), rule.access);
  }
  std::string operator()(const profile::KernelRule& rule) const {
    return "kernel " + bits_text(kernel_words(), rule.access);
  }
  std::string operator()(const profile::ProcessRule& rule) const {
    std::string out = fmt::format("{}process {} {}", deny_text(rule.deny),
                                  bits_text(task_words(), rule.access), rule.peer);
    if ((rule.access & GL_TASK_SIGNAL) && rule.signals != every_signal)
      out += " signals " + signals_text(rule.signals);
    return out;
  }
  std::string operator()(const profile::SyscallRule& rule) const {
    const std::string_view verb =
        profile::syscall_action_words()[static_cast<std::size_t>(rule.action)];
    return fmt::format(
        "{} syscall {}{}", verb,
        rule.group.empty() ? fmt::format("{}", fmt::join(rule.calls, ",")) : rule.group,
        profile::syscall_args_text(rule.args));
  }
};

std::string printed(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  return inet_ntop(family, address, buffer.data(), buffer.size()) ? buffer.data() : "?";
}

}  // namespace

std::string describe(const profile::RuleBody& body) { return std::visit(Describe{}, body); }

std::string cidr_text(const profile::Cidr& cidr) {
  return fmt::format("{}/{}", printed(cidr.v6 ? AF_INET6 : AF_INET, cidr.address.data()),
                     cidr.prefix);
}

std::string ipv4_text(std::uint32_t address) {
  const std::uint32_t network = htonl(address);
  return printed(AF_INET, &network);
}

std::string ipv6_text(std::span<const std::uint32_t, 4> words) {
  std::array<std::uint32_t, 4> network{};
  for (std::size_t i = 0; i < 4; ++i) network[i] = htonl(words[i]);
  return printed(AF_INET6, network.data());
}

}  // namespace glacis::image
