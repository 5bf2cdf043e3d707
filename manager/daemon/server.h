// SPDX-License-Identifier: Apache-2.0
// The clients of the control socket. Nothing here waits: what a client does not
// send or take in time, and what is too much, ends its connection alone.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "manager/base/fd.h"
#include "manager/base/result.h"
#include "manager/daemon/accounts.h"
#include "manager/daemon/host.h"
#include "manager/daemon/message.h"

namespace glacis::daemon {

using ClientId = std::uint64_t;

struct Answer {
  enum class Then {
    done,    // the next call
    waits,   // finish() brings the reply
    stream,  // publish() brings replies without end
  };
  std::string bytes;
  Then then = Then::done;
  std::string domain;  // stream: only this one's records; empty: all
};
using Handler = std::function<Answer(ClientId, const Peer&, const Call&)>;

struct Limits {
  std::size_t clients = 64;
  std::size_t clients_each = 16;  // of one user; root may have all
  std::size_t kept_for_root = 4;  // places that others can't take
  std::size_t unsent = std::size_t{256} << 10;
  std::chrono::seconds to_finish{10};  // a message begun, a reply not taken
  std::chrono::seconds idle{300};
};

class Server {
 public:
  Server(Handler handler, const Clock& clock, Limits limits = {})
      : handler_(std::move(handler)), clock_(clock), limits_(limits) {}

  // The socket file gets mode 0660 and this group, where there is one.
  Status listen(const std::string& path, std::optional<gid_t> group);
  // A connection that was accepted; too many are told so and closed.
  void add(Fd fd, const Peer& peer);

  // What to wait for; then what came of it.
  void wants(std::vector<pollfd>& out) const;
  void serve(std::span<const pollfd> ready);
  // A call that was read waits for its turn.
  [[nodiscard]] bool pending() const;
  // When expire() has something to do, at the latest.
  [[nodiscard]] std::optional<std::chrono::milliseconds> next() const;
  void expire();

  void finish(ClientId client, std::string bytes);
  // `domain` empty: it is for all.
  void publish(const Json& record, const std::string& domain);
  [[nodiscard]] bool has_streams() const;
  [[nodiscard]] std::size_t size() const { return clients_.size(); }

 private:
  using Time = std::chrono::milliseconds;
  struct Client {
    Fd fd;
    Peer peer;
    Frames in;
    std::string out;
    Time since{};  // of the last progress
    Answer::Then doing = Answer::Then::done;
    std::string domain;
    std::uint64_t lost = 0;
    bool closing = false;  // once all is sent
    bool gone = false;
  };

  void accept_all();
  [[nodiscard]] bool has_room(const Peer& peer) const;
  void receive(Client& client);
  void answer(ClientId id, Client& client);
  void send(Client& client);
  void refuse(Client& client, const std::string& why);
  [[nodiscard]] std::optional<Time> deadline(const Client& client) const;
  void remove_gone();

  Handler handler_;
  const Clock& clock_;
  Limits limits_;
  Fd listening_;
  std::map<ClientId, Client> clients_;
  ClientId last_ = 0;
  Time accept_again_{};  // after a failure that lasts
};

}  // namespace glacis::daemon
