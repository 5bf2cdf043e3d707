// SPDX-License-Identifier: Apache-2.0
// The path rules of a profile, ready to be compared with each other under a
// bound on the work: checks must not take longer than what they check.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "manager/profile/glob.h"
#include "manager/profile/resolve.h"

namespace glacis::profile {

struct PathPattern {
  const Rule* rule = nullptr;
  const PathRule* path = nullptr;
  Layer layer = Layer::profile;
  std::string prefix;  // all that it matches starts with this
  std::optional<Alternatives> alternatives;
};

class Patterns {
 public:
  // `resolved` must outlive this.
  explicit Patterns(const Resolved& resolved);

  [[nodiscard]] std::vector<PathPattern>& all() { return all_; }

  // As in glob.h; nothing once the work is used up.
  [[nodiscard]] bool covers(PathPattern& outer, PathPattern& inner);
  [[nodiscard]] bool covers(PathPattern& outer, const Alternatives& inner,
                            const std::string& prefix);
  [[nodiscard]] bool meet(PathPattern& a, PathPattern& b);
  [[nodiscard]] bool meet(PathPattern& a, const Alternatives& b, const std::string& prefix);

  [[nodiscard]] bool cut_short() const { return cut_short_; }

 private:
  const Alternatives& tokens(PathPattern& pattern);
  bool spend(const Alternatives& a, const Alternatives& b);

  std::vector<PathPattern> all_;
  std::size_t work_ = 0;
  bool cut_short_ = false;
};

// Does one begin with the other? If not, the two patterns have nothing in common.
[[nodiscard]] bool prefixes_agree(const std::string& a, const std::string& b);

}  // namespace glacis::profile
