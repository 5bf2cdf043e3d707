// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace glacis::daemon {
namespace {

constexpr int backlog = 16;
constexpr int accepts_at_once = 8;
constexpr std::chrono::seconds accept_pause{1};

std::unexpected<Error> cannot(const char* what, const std::string& path) {
  return fail(
      Exit::usage,
      std::string("cannot ") + what + " " + path + ": " + std::generic_category().message(errno),
      "see what uses it", "what is enforced stays in force");
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  if (path.size() >= sizeof out.sun_path) return fail(Exit::usage, "too long a path: " + path);
  path.copy(out.sun_path, path.size());
  return out;
}

}  // namespace

Status Server::listen(const std::string& path, std::optional<gid_t> group) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return cannot("make", path);
  // The lock of the daemon says that nobody listens at what is there.
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return cannot("remove", path);
  const mode_t before = ::umask(0777);  // nobody connects before it is set up
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  ::umask(before);
  if (bound != 0) return cannot("bind", path);
  if (::chown(path.c_str(), static_cast<uid_t>(-1), group.value_or(static_cast<gid_t>(-1))) != 0)
    return cannot("give its group to", path);
  if (::chmod(path.c_str(), 0660) != 0) return cannot("set the mode of", path);
  if (::listen(fd.get(), backlog) != 0) return cannot("listen at", path);
  listening_ = std::move(fd);
  return {};
}

bool Server::has_room(const Peer& peer) const {
  if (peer.uid == 0) return clients_.size() < limits_.clients;
  const auto own = std::ranges::count_if(
      clients_, [&](const auto& one) { return one.second.peer.uid == peer.uid; });
  return clients_.size() + limits_.kept_for_root < limits_.clients &&
         static_cast<std::size_t>(own) < limits_.clients_each;
}

void Server::add(Fd fd, const Peer& peer) {
  const bool room = has_room(peer);
  Client client;
  client.fd = std::move(fd);
  client.peer = peer;
  client.since = clock_.now();
  if (room) {
    clients_.emplace(++last_, std::move(client));
    return;
  }
  client.out = error_reply("org.glacis.control.TooManyClients", Json::object());
  send(client);  // as far as it goes
}

void Server::accept_all() {
  for (int i = 0; i < accepts_at_once; ++i) {
    Fd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      // Without descriptors or memory the socket stays readable.
      if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
        accept_again_ = clock_.now() + accept_pause;
      return;
    }
    if (auto peer = peer_of(fd.get())) add(std::move(fd), *peer);
  }
}

void Server::wants(std::vector<pollfd>& out) const {
  if (listening_ && clock_.now() >= accept_again_) out.push_back({listening_.get(), POLLIN, 0});
  for (const auto& [id, client] : clients_) {
    short events = client.out.empty() ? 0 : POLLOUT;
    // Nothing more is read from who has a call here that is not answered.
    if (!client.closing && !client.in.has_message() && client.out.empty()) events |= POLLIN;
    out.push_back({client.fd.get(), events, 0});
  }
}

void Server::serve(std::span<const pollfd> ready) {
  for (auto& [id, client] : clients_) {
    const auto at = std::ranges::find(ready, client.fd.get(), &pollfd::fd);
    const short got = at == ready.end() ? short{0} : at->revents;
    if (got & POLLOUT) send(client);
    if (got & POLLIN) receive(client);
    if ((got & (POLLERR | POLLNVAL)) || (got & (POLLHUP | POLLIN)) == POLLHUP) client.gone = true;
    if (!client.gone) answer(id, client);
  }
  remove_gone();
  const auto at = std::ranges::find(ready, listening_.get(), &pollfd::fd);
  if (at != ready.end() && listening_ && (at->revents & POLLIN)) accept_all();
}

void Server::receive(Client& client) {
  char buffer[4096];
  const ssize_t got = ::recv(client.fd.get(), buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    client.gone = true;
    return;
  }
  if (client.in.empty()) client.since = clock_.now();  // the time for all of a message
  const std::string_view bytes(buffer, static_cast<std::size_t>(got));
  if (!client.in.add(bytes)) {
    refuse(client, "a message is longer than it may be");
  } else if (client.doing == Answer::Then::stream) {
    refuse(client, "a call is still being answered");
  }
}

// One call a turn, so that no client keeps the others waiting.
void Server::answer(ClientId id, Client& client) {
  if (client.closing || client.doing != Answer::Then::done || !client.out.empty()) return;
  const auto message = client.in.next();
  if (!message) return;
  client.since = clock_.now();
  const auto call = parse_call(*message);
  if (!call) {
    refuse(client, call.error());
    return;
  }
  Answer out = handler_(id, client.peer, *call);
  client.doing = out.then;
  client.domain = std::move(out.domain);
  if (!call->oneway) client.out = std::move(out.bytes);
  send(client);
}

void Server::refuse(Client& client, const std::string& why) {
  client.out += error_reply("org.glacis.control.BadMessage", {{"why", why}});
  client.closing = true;
  client.doing = Answer::Then::done;
  send(client);
}

void Server::send(Client& client) {
  while (!client.out.empty()) {
    const ssize_t sent =
        ::send(client.fd.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent <= 0) {
      client.gone = true;
      return;
    }
    client.out.erase(0, static_cast<std::size_t>(sent));
    client.since = clock_.now();
  }
  if (client.closing) client.gone = true;
}

bool Server::pending() const {
  return std::ranges::any_of(clients_, [](const auto& one) {
    const Client& client = one.second;
    return client.in.has_message() && client.out.empty() && !client.closing &&
           client.doing == Answer::Then::done;
  });
}

std::optional<Server::Time> Server::deadline(const Client& client) const {
  if (!client.out.empty() || !client.in.empty()) {
    // A call that waits for another one's answer is not the client's fault.
    if (client.out.empty() && client.doing == Answer::Then::waits) return std::nullopt;
    return client.since + limits_.to_finish;
  }
  if (client.doing != Answer::Then::done) return std::nullopt;
  return client.since + limits_.idle;
}

std::optional<Server::Time> Server::next() const {
  std::optional<Time> out;
  if (accept_again_ > clock_.now()) out = accept_again_;
  for (const auto& [id, client] : clients_)
    if (const auto at = deadline(client)) out = std::min(out.value_or(*at), *at);
  return out;
}

void Server::expire() {
  const Time now = clock_.now();
  for (auto& [id, client] : clients_) {
    const auto at = deadline(client);
    if (at && *at <= now) client.gone = true;
  }
  remove_gone();
}

void Server::remove_gone() {
  std::erase_if(clients_, [](const auto& one) { return one.second.gone; });
}

void Server::finish(ClientId id, std::string bytes) {
  const auto at = clients_.find(id);
  if (at == clients_.end() || at->second.doing != Answer::Then::waits) return;
  Client& client = at->second;
  client.doing = Answer::Then::done;
  client.out = std::move(bytes);
  client.since = clock_.now();
  send(client);
}

bool Server::has_streams() const {
  return std::ranges::any_of(
      clients_, [](const auto& one) { return one.second.doing == Answer::Then::stream; });
}

void Server::publish(const Json& record, const std::string& domain) {
  for (auto& [id, client] : clients_) {
    if (client.doing != Answer::Then::stream) continue;
    if (!domain.empty() && !client.domain.empty() && client.domain != domain) continue;
    std::string bytes = reply({{"record", record}, {"lost", client.lost}}, true);
    if (client.out.size() + bytes.size() > limits_.unsent) {
      ++client.lost;
      continue;
    }
    if (client.out.empty()) client.since = clock_.now();
    client.lost = 0;
    client.out += bytes;
    send(client);
  }
}

}  // namespace glacis::daemon
