// SPDX-License-Identifier: Apache-2.0
// The groups of SystemCallFilter=, as `systemd-analyze syscall-filter` prints
// them: what a unit means depends on the systemd that runs it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace glacis::import::systemd {

class Groups {
 public:
  // Lines "@name", and behind each its members, indented; comments start with #.
  [[nodiscard]] static Groups parse(std::string_view text);

  // The calls of a group with those of groups in it; nothing for one that is
  // not known.
  [[nodiscard]] std::optional<std::set<std::string>> calls(const std::string& name) const;
  [[nodiscard]] bool empty() const { return members_.empty(); }

 private:
  std::map<std::string, std::vector<std::string>> members_;
};

}  // namespace glacis::import::systemd
