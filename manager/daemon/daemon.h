// SPDX-License-Identifier: Apache-2.0
// The service: one loop that waits for signals, files, clients and the kernel's
// events, and does a bounded piece of work for each in turn. Enforcement needs
// none of it: what is pinned decides whether this runs or not.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "manager/base/fd.h"
#include "manager/daemon/control.h"
#include "manager/daemon/follow.h"
#include "manager/daemon/guard.h"
#include "manager/daemon/host_kernel.h"
#include "manager/daemon/notify.h"
#include "manager/daemon/others.h"
#include "manager/daemon/policies.h"
#include "manager/daemon/posture.h"
#include "manager/daemon/server.h"
#include "manager/daemon/tasks.h"
#include "manager/daemon/watch.h"

namespace glacis::daemon {

class Daemon {
 public:
  explicit Daemon(Say say);

  // Puts what was kept in force, and ends: for early boot.
  Exit early();
  // Serves until SIGTERM or SIGINT.
  Exit run();

 private:
  using Time = std::chrono::milliseconds;

  Status lock();
  bool configure();
  // Whether it makes sense to go on.
  Status check_host();
  Status open();
  void start();
  void turn();
  void wait(std::vector<pollfd>& waited);
  [[nodiscard]] Time timeout() const;
  void take_signals();
  void reload(const Asker& asker);
  void work();
  void look_after();
  void drain();
  void hear();
  void tell_others(bool all);
  void look_at_guard();
  void publish();
  [[nodiscard]] std::string summary() const;

  Say say_;
  KernelHost host_;
  KernelEvidence evidence_;
  FileStorage storage_;
  SystemClock clock_;
  TrustedFiles files_;
  SystemAccounts accounts_;
  Policies policies_;
  Control control_;
  Server server_;
  Watch watch_;
  Follow follow_;
  Notify notify_;
  Tasks tasks_;
  Others others_;
  GuardWatch guard_{notify_};
  Posture posture_{host_, evidence_, say_};
  Config config_;
  Fd lock_, signals_;
  bool stopping_ = false;
  bool settled_ = false;  // what was to be loaded is loaded, and said
  bool ready_ = false;    // it was said once
  bool followed_ = false;
  std::uint64_t recorded_ = 0;
  unsigned failed_drains_ = 0;  // one after the other
  Time drain_at_{}, drain_next_{}, look_at_{}, guard_at_{}, alive_at_{};
  std::string guard_problem_;
  std::optional<Time> rollback_at_;
};

}  // namespace glacis::daemon
