// SPDX-License-Identifier: Apache-2.0
// What a change of a profile changes in what is permitted. Order of writing,
// comments, variables and includes do not count; two rules for one path count as
// one.
#pragma once

#include <string>
#include <vector>

#include "manager/profile/model.h"

namespace glacis::profile {

enum class Change { added, removed, changed };

// What the change does to the confined program's rights. A setting, or a change
// that gives and takes, is `other`.
enum class Effect { wider, narrower, other };

struct Difference {
  Change change = Change::added;
  Effect effect = Effect::other;
  std::string subject;  // `file "/etc/x"`, `deny net connect tcp 10.0.0.0/8`, `setting mode`
  std::string before;   // "read write"; empty where it was not there
  std::string after;
  std::string place;  // "nginx.toml:12" of the rule, of the later profile if it has it
};

// In a stable order: settings first, then rules by subject.
[[nodiscard]] std::vector<Difference> diff(const ResolvedProfile& before,
                                           const ResolvedProfile& after);

// One line each: "+ file "/etc/x": read  (nginx.toml:12)".
[[nodiscard]] std::string diff_text(const std::vector<Difference>& differences);
// Schema glacis.diff/1; ends with a newline.
[[nodiscard]] std::string diff_json(const std::vector<Difference>& differences);

}  // namespace glacis::profile
