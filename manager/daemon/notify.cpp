// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/notify.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace glacis::daemon {
namespace {

std::optional<std::int64_t> number(const char* text) {
  std::int64_t out = 0;
  if (text == nullptr) return std::nullopt;
  const char* end = text + std::strlen(text);
  const auto [at, error] = std::from_chars(text, end, out);
  return error == std::errc{} && at == end && out > 0 ? std::optional(out) : std::nullopt;
}

std::string text_of(const char* value) { return value == nullptr ? "" : value; }

}  // namespace

Notify Notify::from_environment() {
  const auto micros = number(std::getenv("WATCHDOG_USEC"));
  const char* pid = std::getenv("WATCHDOG_PID");
  const bool ours = pid == nullptr || number(pid) == ::getpid();
  return {text_of(std::getenv("NOTIFY_SOCKET")),
          micros && ours ? std::optional(std::chrono::microseconds(*micros)) : std::nullopt};
}

Notify::Notify(const std::string& socket, std::optional<std::chrono::microseconds> watchdog) {
  if (watchdog) interval_ = std::chrono::duration_cast<std::chrono::milliseconds>(*watchdog / 2);
  if (socket.size() < 2 || socket.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (socket.front() != '/' && socket.front() != '@') return;
  address_ = socket;
  if (address_.front() == '@') address_.front() = '\0';
  socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 0, .tv_usec = 100'000};
  if (socket_) ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

void Notify::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                   std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000));
}

// Unpolled: the kernel says of most maps that they are in error, and systemd would
// close what is.
bool Notify::keep(const std::string& name, int fd) const {
  return send("FDSTORE=1\nFDPOLL=0\nFDNAME=" + name, fd);
}

std::map<std::string, Fd> Notify::kept() {
  constexpr int first = 3;  // SD_LISTEN_FDS_START
  constexpr std::int64_t most = 1024;
  std::map<std::string, Fd> out;
  const auto count = number(std::getenv("LISTEN_FDS"));
  if (!count || *count > most || number(std::getenv("LISTEN_PID")) != ::getpid()) return out;
  std::string names = text_of(std::getenv("LISTEN_FDNAMES")) + ":";
  for (int fd = first; fd < first + *count; ++fd) {
    const auto end = std::min(names.find(':'), names.size());
    Fd one(fd);
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    out.insert_or_assign(names.substr(0, end), std::move(one));
    names.erase(0, end + 1);
  }
  for (const char* used : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) ::unsetenv(used);
  return out;
}

// A manager that does not take it must not stop us: it is waited for a moment, since
// many messages at once are more than its queue takes.
bool Notify::send(const std::string& text, int fd) const {
  if (address_.empty() || !socket_) return true;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  iovec part{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> extra{};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = length;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = extra.data();
    message.msg_controllen = extra.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) >= 0;
}

}  // namespace glacis::daemon
