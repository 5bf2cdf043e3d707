// SPDX-License-Identifier: Apache-2.0
// Why an answer of ours differs: what the import said, at a rule that speaks of
// the path.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/import/apparmor/tree.h"
#include "manager/import/findings.h"
#include "manager/profile/glob.h"
#include "vm-tests/apparmor/paths.h"

namespace glacis::oracle {

// The reason that is a rule of the test, and not a finding of the import.
inline constexpr const char* kOtherKind = "kind";

struct RuleSaid {
  import::apparmor::Kind kind{};
  std::vector<profile::Alternatives> patterns;  // of files, then of directories
  std::size_t first_directory = 0;
  std::vector<std::pair<diag::Code, diag::Severity>> said;
  bool links = false;  // grants links
  // Of a pair without `subset`, which is granted as it stands.
  std::vector<profile::Alternatives> names, targets;
};

struct Difference {
  bool looser = false;       // we grant what AppArmor refuses
  std::uint32_t access = 0;  // GL_FILE_*, 0 for a socket
  Path path{};
  std::optional<Path> target{};  // of a link, which path is the name of
};

// Findings by their place: file, line and column.
using Place = std::tuple<std::string, std::uint32_t, std::uint32_t>;
using Said = std::map<Place, std::vector<std::pair<diag::Code, diag::Severity>>>;
[[nodiscard]] Said said_in(const import::Findings& findings, const diag::SourceSet& sources);

class Reasons {
 public:
  Reasons(const import::apparmor::Policy& policy, const import::apparmor::Profile& profile,
          const diag::SourceSet& sources, const Said& said);

  [[nodiscard]] const std::vector<RuleSaid>& rules() const { return rules_; }
  // "GL511", "kind" where a rule means the other kind of object, or nothing.
  [[nodiscard]] std::string why(const Difference& difference) const;

 private:
  [[nodiscard]] bool other_kind(const profile::Alternatives& path, bool directory) const;

  std::vector<RuleSaid> rules_;
  std::vector<profile::Alternatives> attachment_;
  std::vector<std::pair<diag::Code, diag::Severity>> of_profile_;
};

}  // namespace glacis::oracle
