// SPDX-License-Identifier: Apache-2.0
// ${name}: variables are for the whole profile, with everything it includes. A
// definition in the profile replaces an abstraction's, a drop-in's replaces
// both. Several values are alternatives.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/profile/document.h"

namespace glacis::profile {

// A name that ${} can hold.
[[nodiscard]] bool is_variable_name(std::string_view name);

class Variables {
 public:
  explicit Variables(diag::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  // Later definitions replace earlier ones.
  void define(const Variable& variable);
  // Finds cycles and unknown names also in values that no rule uses.
  void check();

  // All that the text stands for, one by one.
  [[nodiscard]] std::optional<std::vector<std::string>> expand_list(const Text& text);
  // The text as one pattern, several values as {a,b}.
  [[nodiscard]] std::optional<std::string> expand_pattern(const Text& text);

  // Where the variables that `text` mentions are defined, for labels.
  [[nodiscard]] std::vector<const Variable*> mentioned(const Text& text) const;

 private:
  struct Entry {
    Variable variable;
    enum class State { fresh, running, done, failed } state = State::fresh;
    std::vector<std::string> values;
  };

  // Splits at ${name}; `piece` gets text, `use` gets a name and its place.
  template <typename Piece, typename Use>
  bool scan(const Text& text, Piece piece, Use use);
  const std::vector<std::string>* values_of(std::string_view name, const Text& user,
                                            std::size_t offset);
  bool evaluate(Entry& entry);
  // Counts what expansion has produced; false, and one diagnostic, past the bound.
  bool spend(std::size_t bytes, const Text& text);
  void unknown(std::string_view name, const Text& user, std::size_t offset);
  void cycle(const Entry& entry);

  diag::Diagnostics& diagnostics_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<const Entry*> running_;
  std::size_t spent_ = 0;
};

}  // namespace glacis::profile
