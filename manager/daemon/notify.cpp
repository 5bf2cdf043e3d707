// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/notify.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

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
}

void Notify::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                   std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000));
}

// A manager that does not take it must not stop us.
void Notify::send(const std::string& text) const {
  if (address_.empty() || !socket_) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  (void)::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&to), length);
}

}  // namespace glacis::daemon
