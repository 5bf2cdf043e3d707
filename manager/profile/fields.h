// SPDX-License-Identifier: Apache-2.0
// Reading a table key by key: each reader takes the value that it understands
// or says what was wanted, and what no reader asked for is an unknown key.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/profile/document.h"
#include "manager/profile/tree.h"
#include "manager/profile/words.h"

namespace glacis::profile {

// "; did you mean `x`?" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> words);

class Fields {
 public:
  // `where` is what people call the table: "[profile]". Reports every key that
  // is not in `known`.
  Fields(const Node& table, std::string where, std::initializer_list<std::string_view> known,
         diag::Diagnostics& diagnostics);

  [[nodiscard]] const Entry* find(std::string_view key) const { return table_.find(key); }
  // What seems to be missing may be there under a name that was misspelt.
  [[nodiscard]] bool has_unknown() const { return has_unknown_; }
  [[nodiscard]] diag::Span span() const { return table_.span; }
  [[nodiscard]] diag::Diagnostics& diagnostics() { return diagnostics_; }

  [[nodiscard]] std::optional<Text> string(std::string_view key);
  // A string or a list of strings; an empty list is an error.
  [[nodiscard]] std::vector<Text> strings(std::string_view key);
  [[nodiscard]] std::optional<bool> boolean(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key);
  // `strings` whose values are words of the list; others are reported. `noun`
  // is what one of them is called: "access". Words that start with the hint's
  // beginning are answered with its help.
  struct Hint {
    std::string_view beginning;
    std::string_view help;
  };
  [[nodiscard]] std::vector<Word> words(std::string_view key, std::span<const WordValue> words,
                                        std::string_view noun, Hint hint = {});
  // One word of several, as an index into `choices`.
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view key,
                                                  std::span<const std::string_view> choices);

  // A diagnostic of wrong type at `value`.
  void wrong_type(std::string_view key, const Node& value, std::string_view wanted);

 private:
  void unknown_word(const Text& text, std::span<const std::string_view> words,
                    std::string_view noun, Hint hint = {});

  const Node& table_;
  std::string where_;
  diag::Diagnostics& diagnostics_;
  bool has_unknown_ = false;
};

// What /etc/glacis/glacis.toml has at its top: the daemon, notices and the OCI hook each
// read their own of it, and none may call another's unknown.
inline const std::initializer_list<std::string_view> host_tables = {
    "schema", "daemon", "roles", "oci", "notify", "sink", "route"};

// A table's value as Fields wants it; reports anything but a table. `Entry` of
// an array of tables gives one for each.
[[nodiscard]] const Node* as_table(const Entry* entry, std::string_view where,
                                   diag::Diagnostics& diagnostics);
[[nodiscard]] std::vector<const Node*> as_tables(const Entry* entry, std::string_view where,
                                                 diag::Diagnostics& diagnostics);

}  // namespace glacis::profile
