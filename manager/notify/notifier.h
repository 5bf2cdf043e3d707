// SPDX-License-Identifier: Apache-2.0
// From the evidence log to the sinks: reads on, groups, routes, spools. The cursor
// is saved once everything before it is in the spools, so that a stop repeats
// notices and never loses one.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "manager/base/fd.h"
#include "manager/evidence/store.h"
#include "manager/notify/config.h"
#include "manager/notify/courier.h"
#include "manager/notify/follow.h"
#include "manager/notify/groups.h"

namespace glacis::notify {

inline constexpr const char* state_folder = "/var/lib/glacis/notify";

struct Places {
  std::filesystem::path log = evidence::log_path;
  std::filesystem::path state = state_folder;  // cursor, spools, figures
};

struct Stats {
  std::uint64_t records = 0;     // read that somebody could be told of
  std::uint64_t notices = 0;     // told
  std::uint64_t suppressed = 0;  // told in a summary, and not one by one
  std::uint64_t unrouted = 0;    // records that no route is for
  std::vector<SinkStats> sinks;
};

[[nodiscard]] std::string stats_json(const Stats& stats);

class Notifier {
 public:
  // Refuses to run beside another one. A first run begins at the log's end.
  static Result<std::unique_ptr<Notifier>> open(Config config, Places places,
                                                const Patience& patience = {});
  ~Notifier();

  // Tells of what was recorded since the last step.
  Status step(Groups::Time now = std::chrono::steady_clock::now());
  // Tells what waits in groups, and waits until it has arrived. False: it has not.
  Result<bool> finish(std::chrono::milliseconds patience);

  [[nodiscard]] Stats stats() const;
  [[nodiscard]] bool first_run() const { return first_run_; }

 private:
  Notifier(Config config, Places places) : config_(std::move(config)), places_(std::move(places)) {}
  Status begin();
  Status tell(const std::vector<Notice>& notices);
  Status save();

  Config config_;
  Places places_;
  Fd lock_;
  Cursor cursor_;
  std::optional<Cursor> saved_;
  std::string saved_stats_;
  bool first_run_ = false;
  Groups groups_;
  Stats stats_;
  std::map<std::string, std::unique_ptr<Courier>> couriers_;
};

}  // namespace glacis::notify
