// SPDX-License-Identifier: Apache-2.0
// syslog as in RFC 5424: a datagram each over Unix or UDP, and over TCP with the
// length before it (RFC 6587).
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "manager/base/fd.h"
#include "manager/notify/formats.h"
#include "manager/notify/sink.h"

namespace glacis::notify {
namespace {

using evidence::member;
using evidence::shown;

constexpr int kFacility = 10;                   // authpriv
constexpr std::size_t kLongestDatagram = 8192;  // what most receivers take
constexpr const char* kStructure =
    "glacis@32473";  // RFC 5612: numbers for examples and private use

// A parameter's value: quotes, backslashes and brackets are escaped.
std::string parameter(const char* name, const std::string& value) {
  if (value == "-") return "";
  std::string out = fmt::format(" {}=\"", name);
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == ']') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string header_word(std::string text, std::size_t most) {
  std::erase_if(text, [](char c) { return c <= ' ' || c > '~'; });
  if (text.empty()) return "-";
  return text.substr(0, most);
}

std::string structure(const Notice& notice) {
  const Json& record = notice.record;
  std::string out = fmt::format("[{}", kStructure);
  for (const char* key :
       {"seq", "domain", "image", "verdict", "hook", "grade", "owner", "severity", "runbook"})
    out += parameter(key, shown(record, key));
  out += parameter("blockers", evidence::shown_list(record, "blockers", ","));
  out += parameter("exe", shown(member(record, "subject"), "exe"));
  out += parameter("path", shown(member(record, "object"), "path"));
  out += parameter("attack", evidence::shown_list(member(record, "attack"), "techniques", ","));
  out += parameter("chain", shown(member(record, "chain"), "this"));
  out += parameter("count", std::to_string(notice.count));
  return out + "]";
}

SendFailure failure(const char* what) {
  return {fmt::format("{}: {}", what, std::strerror(errno))};
}

class Syslog : public Sink {
 public:
  Syslog(std::string to, const Patience& patience) : to_(std::move(to)), patience_(patience) {}

  std::string encode(const Notice& notice) const override {
    const Json& record = notice.record;
    const std::string time = parse_time(shown(record, "time")) ? shown(record, "time") : "-";
    return fmt::format(
        "<{}>1 {} {} glacis {} {} {} \xef\xbb\xbf{}", kFacility * 8 + priority_of(record), time,
        header_word(shown(record, "host"), 255), header_word(shown(record, "seq"), 128),
        is_refusal(record) ? "refusal" : "loss", structure(notice), sentence(notice));
  }

  Sent send(const std::string& message, const std::atomic<bool>&) override {
    if (!fd_)
      if (auto opened = open(); !opened) return opened;
    const bool stream = to_.starts_with("tcp:");
    const std::string bytes = stream ? fmt::format("{} {}", message.size(), message)
                                     : message.substr(0, kLongestDatagram);
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t sent =
          ::send(fd_.get(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) {
        const SendFailure out = failure("cannot send");
        fd_ = Fd();
        return std::unexpected(out);
      }
      done += static_cast<std::size_t>(sent);
    }
    return {};
  }

 private:
  Sent open() { return to_.starts_with("unix:") ? open_unix() : open_inet(); }

  Sent open_unix() {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    const std::string path = to_.substr(5);
    if (path.size() >= sizeof address.sun_path)
      return std::unexpected(SendFailure{"the socket's name is too long"});
    std::memcpy(address.sun_path, path.data(), path.size());
    Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    limit(fd);
    if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      return std::unexpected(failure("cannot connect"));
    fd_ = std::move(fd);
    return {};
  }

  Sent open_inet() {
    const std::size_t port = to_.rfind(':');
    std::string host = to_.substr(4, port - 4);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = to_.starts_with("tcp:") ? SOCK_STREAM : SOCK_DGRAM;
    if (const int error = ::getaddrinfo(host.c_str(), to_.c_str() + port + 1, &hints, &found))
      return std::unexpected(SendFailure{::gai_strerror(error)});
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
      Fd fd(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol));
      limit(fd);
      if (!fd || ::connect(fd.get(), at->ai_addr, at->ai_addrlen) != 0) continue;
      fd_ = std::move(fd);
      return {};
    }
    return std::unexpected(failure("cannot connect"));
  }

  // Bounds connect(2) as well.
  void limit(const Fd& fd) const {
    const auto ms = patience_.connect.count();
    const timeval time{ms / 1000, ms % 1000 * 1000};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  }

  std::string to_;
  Patience patience_;
  Fd fd_;
};

}  // namespace

std::unique_ptr<Sink> make_syslog(const SinkConfig& config, const Patience& patience) {
  return std::make_unique<Syslog>(config.to, patience);
}

}  // namespace glacis::notify
