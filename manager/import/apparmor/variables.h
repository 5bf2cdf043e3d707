// SPDX-License-Identifier: Apache-2.0
// @{NAME} in patterns and names. A set becomes an alternation, and slashes that
// meet where a value is put in become one, as in AppArmor's own reader.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/import/apparmor/tree.h"

namespace glacis::import::apparmor {

inline constexpr std::size_t longest_expansion = std::size_t{64} << 10;

class Variables {
 public:
  Variables(const Policy& policy, diag::Diagnostics& diagnostics)
      : policy_(policy), diagnostics_(diagnostics) {}

  // Values that the profile itself gives, such as @{profile_name}.
  void set(const std::string& name, std::string value) { own_[name] = {std::move(value)}; }

  // Nothing, and an error, where a variable is unknown, refers to itself or grows
  // too large.
  [[nodiscard]] std::optional<std::string> expand(const Word& word);

 private:
  [[nodiscard]] std::optional<std::string> expand(const std::string& text, diag::Span span);
  [[nodiscard]] const std::vector<std::string>* values(const std::string& name, diag::Span span);

  const Policy& policy_;
  diag::Diagnostics& diagnostics_;
  std::map<std::string, std::vector<std::string>> own_;
  std::map<std::string, std::vector<std::string>> known_;
  std::vector<std::string> open_;
};

}  // namespace glacis::import::apparmor
