// SPDX-License-Identifier: Apache-2.0
// What a service says to its manager: sd_notify(3), whose protocol is a datagram.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "manager/base/fd.h"

namespace glacis::daemon {

class Notify {
 public:
  // From NOTIFY_SOCKET and WATCHDOG_USEC; both may be missing.
  static Notify from_environment();
  Notify(const std::string& socket, std::optional<std::chrono::microseconds> watchdog);

  void ready(const std::string& status) const { send("READY=1\nSTATUS=" + status); }
  void status(const std::string& status) const { send("STATUS=" + status); }
  void reloading() const;
  void stopping() const { send("STOPPING=1"); }
  void alive() const { send("WATCHDOG=1"); }
  // The manager keeps a copy of the descriptor for the process after this one, until it
  // is told to forget it or the service is stopped (FileDescriptorStoreMax= of the unit).
  // False: it did not take it in time.
  [[nodiscard]] bool keep(const std::string& name, int fd) const;
  bool forget(const std::string& name) const { return send("FDSTOREREMOVE=1\nFDNAME=" + name); }
  // What it kept, by name: sd_listen_fds(3).
  [[nodiscard]] static std::map<std::string, Fd> kept();
  // How often alive() is wanted: half of what the manager waits.
  [[nodiscard]] std::optional<std::chrono::milliseconds> interval() const { return interval_; }

 private:
  bool send(const std::string& text, int fd = -1) const;

  std::string address_;  // empty: nobody listens
  Fd socket_;
  std::optional<std::chrono::milliseconds> interval_;
};

}  // namespace glacis::daemon
