// SPDX-License-Identifier: Apache-2.0
// Refusals that are alike are told once, and then in summaries: after a minute,
// ten minutes, and every hour. A group is domain, image, blocker, object (numbers in
// its name aside) and executable. The first of a group always comes through at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "manager/notify/notice.h"

namespace glacis::notify {

[[nodiscard]] std::string group_of(const Json& record);

class Groups {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // More groups than these are not remembered: the one that was quiet for longest
  // goes, told if it has something to tell.
  explicit Groups(std::size_t most = 4096) : most_(most) {}

  // What is to be told now that this record came.
  [[nodiscard]] std::vector<Notice> add(Json record, Time now);
  // Summaries that are due.
  [[nodiscard]] std::vector<Notice> due(Time now);
  // All that was not told yet, before the end.
  [[nodiscard]] std::vector<Notice> rest(Time now);

 private:
  struct Group {
    Json newest;
    std::uint64_t waiting = 0;  // not told yet
    std::size_t stage = 0;
    Time told, seen;
  };
  static Notice summary(Group& group, Time now);

  std::size_t most_;
  std::map<std::string, Group> groups_;
};

}  // namespace glacis::notify
