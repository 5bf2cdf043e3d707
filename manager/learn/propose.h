// SPDX-License-Identifier: Apache-2.0
// From a recording to rules that would grant what was seen, each with its
// evidence. Pure: the profile, the abstractions and the files that exist are given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "manager/learn/generalise.h"
#include "manager/learn/recording.h"
#include "manager/learn/suspicion.h"
#include "manager/learn/tree.h"
#include "manager/profile/model.h"

namespace glacis::learn {

struct Evidence {
  std::size_t behaviours = 0;
  std::uint64_t count = 0;
  std::size_t runs = 0;
  std::int64_t first = 0, last = 0;
};

// One rule.
struct Item {
  profile::RuleBody body;
  Evidence evidence;
  std::string why;  // what it was generalised by; nothing for what was seen literally
  std::vector<std::string> samples;  // of the paths behind a pattern; bytes of others
  Admitted beyond;                   // what a pattern admits and was not seen
  std::vector<std::size_t> from;     // Recording::behaviours
};

// An abstraction that takes the place of rules.
struct Fold {
  std::string name;  // "abstractions/base"
  Evidence evidence;
  std::size_t used = 0, rules = 0;  // of its rules
};

struct Suspect {
  std::size_t behaviour = 0;
  const Pattern* pattern = nullptr;
};

struct Proposal {
  std::vector<Fold> folds;
  std::vector<Item> items;
  std::vector<Suspect> suspects;        // never proposed
  std::vector<std::size_t> denied;      // a rule of the profile denies them
  std::vector<std::size_t> impossible;  // the language has no rule for them
  std::size_t granted = 0;              // the profile grants them already
  Work work;
};

struct Abstraction {
  std::string name;
  profile::ResolvedProfile rules;
};

struct Given {
  const profile::ResolvedProfile* profile = nullptr;  // without what was learned before
  std::vector<Abstraction> abstractions;
  Settings settings;
};

[[nodiscard]] Result<Proposal> propose(const Recording& recording, const Given& given,
                                       const Tree& tree);

[[nodiscard]] Evidence evidence_of(const Recording& recording,
                                   const std::vector<std::size_t>& behaviours);

// Behaviours that generalising takes as one, as one: their paths are patterns.
// What varies from run to run is then no news.
[[nodiscard]] Recording folded(const Recording& recording, const Settings& settings);

// The item's behaviours one by one, without the generalising.
[[nodiscard]] std::vector<Item> literally(const Recording& recording, const Item& item);

// Rules for all of it, literally: nothing is set aside, folded or generalised. What
// the language has no rule for gets none.
[[nodiscard]] std::vector<Item> grants(const Recording& recording);

}  // namespace glacis::learn
