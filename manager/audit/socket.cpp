// SPDX-License-Identifier: Apache-2.0
#include "manager/audit/socket.h"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "manager/audit/record.h"

namespace glacis::audit {
namespace {

// As much as the kernel gives without CAP_NET_ADMIN.
constexpr int wanted_buffer = 4 << 20;
constexpr std::size_t room = NLMSG_HDRLEN + 2 * longest_record;

std::unexpected<Error> cannot(int error) {
  return fail(
      error == EPERM ? Exit::not_permitted : Exit::kernel,
      "the kernel's audit records can't be read: " + std::generic_category().message(error) +
          (error == EPERM ? " (it needs CAP_AUDIT_READ)" : ""),
      {}, "what others refuse is not recorded");
}

}  // namespace

Result<Socket> Socket::open() {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT));
  if (!fd) return cannot(errno);
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &wanted_buffer, sizeof wanted_buffer);
  sockaddr_nl own{};
  own.nl_family = AF_NETLINK;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0)
    return cannot(errno);
  const int group = AUDIT_NLGRP_READLOG;
  if (::setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
    return cannot(errno);
  return Socket(std::move(fd));
}

Socket::Got Socket::read(std::size_t most, const Each& each) {
  Got out;
  std::array<char, room> bytes{};
  for (std::size_t i = 0; i < most; ++i) {
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    const ssize_t got = ::recvfrom(fd_.get(), bytes.data(), bytes.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      out.lost = true;
      continue;
    }
    if (got < 0) break;
    // Only the kernel may speak to the group, and only the kernel is 0. The length in
    // the header is without the header on some kernels: what came is what counts.
    if (from.nl_pid != 0 || got < ssize_t{NLMSG_HDRLEN}) continue;
    nlmsghdr head{};
    std::memcpy(&head, bytes.data(), sizeof head);
    ++out.records;
    each(head.nlmsg_type,
         std::string_view(bytes.data(), static_cast<std::size_t>(got)).substr(NLMSG_HDRLEN));
  }
  return out;
}

}  // namespace glacis::audit
