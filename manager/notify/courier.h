// SPDX-License-Identifier: Apache-2.0
// Brings the messages of one sink's spool there, in a thread of its own, so that
// no sink waits for another. What fails is tried again, ever more rarely.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "manager/notify/sink.h"
#include "manager/notify/spool.h"

namespace glacis::notify {

struct SinkStats {
  std::string name;
  std::uint64_t sent = 0, failed = 0;  // attempts that failed
  std::uint64_t refused = 0;           // by the receiver, for good
  std::uint64_t dropped = 0;           // the spool was full
  std::uint64_t waiting = 0;           // in the spool now
  std::string trouble;                 // why the last attempt failed; empty if it did not
};

class Courier {
 public:
  Courier(std::string name, std::unique_ptr<Sink> sink, std::unique_ptr<Spool> spool,
          const Patience& patience);
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  Status tell(const Notice& notice);
  // True once the spool is empty; false if that takes longer, or a sending failed.
  bool settle(std::chrono::milliseconds patience);
  [[nodiscard]] SinkStats stats() const;

 private:
  void work();
  bool send_one();  // false: wait before the next

  std::unique_ptr<Sink> sink_;
  std::unique_ptr<Spool> spool_;
  Patience patience_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  SinkStats stats_;
  bool news_ = false;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace glacis::notify
