// SPDX-License-Identifier: Apache-2.0
// What an attacker does once it is inside, as far as a recording can show it.
// Such a behaviour is never proposed: a run in which it happened may have been
// a compromised one. A service that needs one of them has it granted by hand.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "manager/learn/matcher.h"
#include "manager/learn/recording.h"

namespace glacis::learn {

struct Pattern {
  std::string_view id;    // ATT&CK, v19
  std::string_view what;  // "starts a shell or an interpreter"
};

class Suspicions {
 public:
  // Fails only where the table itself is at fault.
  static Result<Suspicions> make();

  // The first pattern that the behaviour has; nothing for most.
  [[nodiscard]] const Pattern* of(const Behaviour& behaviour) const;

 private:
  Suspicions(Matcher matcher, std::vector<const Pattern*> by_rule)
      : matcher_(std::move(matcher)), by_rule_(std::move(by_rule)) {}
  Matcher matcher_;
  std::vector<const Pattern*> by_rule_;  // by rule id
};

}  // namespace glacis::learn
