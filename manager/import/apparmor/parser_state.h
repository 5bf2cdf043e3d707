// SPDX-License-Identifier: Apache-2.0
// The parser behind parse(), for its two source files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "manager/base/file.h"
#include "manager/import/apparmor/lexer.h"
#include "manager/import/apparmor/parser.h"

namespace glacis::import::apparmor {

// Where a statement belongs: to the preamble without a profile; under the
// qualifiers of the blocks around it.
struct Block {
  Profile* profile = nullptr;
  Qualifiers qualifiers{};
};

class Parser {
 public:
  Parser(const ParseOptions& options, diag::Diagnostics& diagnostics, diag::SourceSet& sources)
      : options_(options), diagnostics_(diagnostics), sources_(sources) {}

  // All answer false after an error, which is among the diagnostics.
  bool file(const std::filesystem::path& path, diag::Span from, Block block);
  Policy take() { return std::move(policy_); }

 private:
  enum class Tried { done, missing, failed };

  bool fail(diag::Span span, std::string message, std::string help = {});
  bool too_much(diag::Span span, std::string message);
  bool unreadable(const std::filesystem::path& path, diag::Span from, const ReadFailure& failure);

  bool statements(Lexer& lexer, Block block, bool braced);
  bool statement(Lexer& lexer, Block block);
  bool include(Lexer& lexer, Block block);
  Tried try_include(const std::filesystem::path& path, diag::Span from, Block block);
  bool abi(Lexer& lexer);
  bool assignment(Lexer& lexer, Word name);
  bool boolean(Lexer& lexer);
  bool alias(Lexer& lexer);
  bool condition(Lexer& lexer, Block block);
  bool decide(Lexer& lexer, bool& holds);
  bool branch(Lexer& lexer, Block block, bool holds);
  bool profile(Lexer& lexer, std::vector<Profile>& into, const Profile* parent);
  bool header(Lexer& lexer, Profile& out);
  static bool flag(const Word& word, Flags& flags);

  // Rules, in parser_rules.cpp.
  bool rule(Lexer& lexer, Block block);
  bool qualifiers(Lexer& lexer, Qualifiers& out);
  bool general(Lexer& lexer, Rule& out);
  bool file_rule(Lexer& lexer, Rule& out);
  bool list(Lexer& lexer, std::vector<Word>& words, std::vector<Condition>& parts);
  bool value(Lexer& lexer, Condition& out, bool in_brackets);
  bool target(Lexer& lexer, Rule& out);
  bool end_of_rule(Lexer& lexer);

  const ParseOptions& options_;
  diag::Diagnostics& diagnostics_;
  diag::SourceSet& sources_;
  Policy policy_;
  std::vector<std::filesystem::path> open_;
  std::size_t opened_ = 0;
  std::size_t bytes_ = 0;
  std::size_t statements_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace glacis::import::apparmor
