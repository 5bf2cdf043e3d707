// SPDX-License-Identifier: Apache-2.0
// The commands and options of `glacis`, as each command declares its own. The library that takes
// the line apart is behind this: its header costs every file that includes it seconds to compile.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "manager/cli/cli.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace glacis::cli {

// One option or positional word. A handle: the command line owns what it stands for.
class Option {
 public:
  explicit Option(CLI::Option* of) : of_(of) {}

  // What help shows for the value.
  Option& type_name(const std::string& name);
  Option& required();
  // May be given again and again, one value each; what follows the value is no value.
  Option& repeatable();
  // Its value is one of these; `listed` has help name them.
  Option& one_of(const std::vector<std::string>& words, bool listed = true);
  Option& between(double low, double high);
  // Both are whole; `listed` has help name them.
  Option& within(std::int64_t low, std::int64_t high, bool listed = true);
  // Whether the line had it; only an action may ask.
  [[nodiscard]] bool given() const;

 private:
  CLI::Option* of_;
};

// One command. A handle too.
class Command {
 public:
  explicit Command(CLI::App* of) : of_(of) {}

  Command add_command(const std::string& name, const std::string& about);
  // The values are strings, numbers or lists of strings (see command.cpp); they outlive the command
  // line.
  template <class T>
  Option add_option(const std::string& names, T& to, const std::string& about);
  Option add_flag(const std::string& names, bool& to, const std::string& about);
  // The end of its help.
  void footer(const std::string& text);
  // One of its own commands must follow.
  void needs_command();
  // Not in the list of commands.
  void hide();
  // What is done if the line names this command.
  void act(Cli& cli, std::function<Result<int>()> action);
  [[nodiscard]] const CLI::App& app() const { return *of_; }

 private:
  CLI::App* of_;
};

}  // namespace glacis::cli
