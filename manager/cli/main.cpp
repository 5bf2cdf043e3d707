// SPDX-License-Identifier: Apache-2.0
// glacis: checks, explains, simulates and puts in force the policies of this
// host. This file takes the command line apart; each command has its own.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <optional>

#include "manager/base/similar.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/help.h"

namespace glacis::cli {
namespace {

void add_options(CLI::App& app, Cli& cli) {
  app.add_flag("--json", cli.out.json, "Write JSON to stdout");
  app.add_flag("-q,--quiet", cli.out.quiet, "Say only what was asked for");
  app.add_flag("-v,--verbose", cli.out.verbose, "Say more");
  app.add_option("--color", cli.out.colour, "auto, always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

void add_commands(CLI::App& app, Cli& cli) {
  for (const auto add :
       {add_init,      add_check,     add_compile, add_explain, add_diff,     add_sim,
        add_export,    add_import,    add_load,    add_unload,  add_mode,     add_confirm,
        add_lock,      add_reload,    add_status,  add_run,     add_adopt,    add_learn,
        add_coverage,  add_review,    add_watch,   add_top,     add_evidence, add_why,
        add_correlate, add_notify,    add_report,  add_metrics, add_doctor,   add_selftest,
        add_drill,     add_candidate, add_trace,   add_session, add_version,  add_completion})
    add(Command(&app), cli);
}

// The first word that is no option: the command, or what should be one.
std::string command_word(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--color") {
      ++i;
    } else if (!words[i].starts_with('-')) {
      return words[i];
    }
  }
  return {};
}

Status check_command(const CLI::App& app, const std::string& word) {
  if (word.empty()) return {};
  std::vector<std::string_view> names;
  for (const CLI::App* command : app.get_subcommands(nullptr))
    if (!command->get_group().empty()) names.push_back(command->get_name());
  const bool known = std::ranges::any_of(
      app.get_subcommands(nullptr), [&](const CLI::App* one) { return one->get_name() == word; });
  if (known) return {};
  const auto near = closest(word, names);
  return fail(Exit::usage,
              fmt::format("there is no command `{}`{}", shown(word),
                          near ? fmt::format("; did you mean `{}`?", *near) : ""),
              "glacis --help");
}

// The option that an unknown one was probably meant to be.
std::optional<std::string> near_option(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* at = &app; at != nullptr;
       at = at->get_subcommands().empty() ? nullptr : at->get_subcommands().front())
    for (const CLI::Option* option : at->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto near = closest(word, views);
  return near ? std::optional<std::string>(*near) : std::nullopt;
}

Error usage_error(const CLI::App& app, const CLI::ParseError& problem) {
  Error error;
  error.exit = Exit::usage;
  error.what = problem.what();
  const std::vector<std::string> unknown = app.remaining(true);
  if (!unknown.empty()) {
    const std::string& word = unknown.front();
    const bool option = word.starts_with('-');
    const auto near = option ? near_option(app, word) : std::nullopt;
    error.what = fmt::format("{} `{}`{}", option ? "unknown option" : "unexpected word", word,
                             near ? fmt::format("; did you mean `{}`?", *near) : "");
  }
  const auto commands = app.get_subcommands();
  error.next = commands.empty() ? "glacis --help"
                                : fmt::format("glacis {} --help", commands.front()->get_name());
  return error;
}

int finish(const Cli& cli, int exit_code) {
  if (flush_output() || exit_code != 0) return exit_code;
  cli.out.tell("error: cannot write to the standard output\n");
  return code(Exit::usage);
}

int run_action(const Cli& cli) {
  const Result<int> done = cli.action();
  if (done) return finish(cli, *done);
  const int exit_code = cli.code_of(done.error());
  cli.out.error(done.error(), exit_code);
  return finish(cli, exit_code);
}

// Everything behind the first `--` is the command that `run` or `learn` starts.
std::vector<std::string> split(int argc, char** argv, Cli& cli) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const auto mark = std::ranges::find(words, "--");
  const std::string command = command_word({words.begin(), mark});
  if ((command != "run" && command != "learn") || mark == words.end()) return words;
  cli.rest.assign(mark + 1, words.end());
  words.erase(mark, words.end());
  return words;
}

int main_with(int argc, char** argv) {
  Cli cli;
  CLI::App app;
  app.name("glacis");
  app.fallthrough();
  app.formatter(std::make_shared<Formatter>());
  app.set_help_flag("-h,--help", "Show this help");
  add_options(app, cli);
  add_commands(app, cli);
  std::vector<std::string> words = split(argc, argv, cli);
  if (!words.empty() && words.front() == "help") {  // help check: check --help
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  if (!words.empty() && words.front() == "--version") words.front() = "version";
  const std::string word = command_word(words);
  // Errors of the command line itself are JSON too.
  const bool json = std::ranges::find(words, "--json") != words.end();
  const auto refuse = [&](const Error& error) {
    cli.out.json = json;
    const int exit_code = word == "run" ? 125 : code(error.exit);
    cli.out.error(error, exit_code);
    return finish(cli, exit_code);
  };
  if (const Status known = check_command(app, word); !known) return refuse(known.error());
  if (words.empty()) {
    cli.out.tell(overview());
    return code(Exit::usage);
  }
  std::ranges::reverse(words);  // as the parser takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    cli.out.write(app.get_subcommands().empty() ? overview() : app.help());
    return finish(cli, code(Exit::ok));
  } catch (const CLI::ParseError& problem) {
    return refuse(usage_error(app, problem));
  }
  if (!cli.action) return refuse(Error{Exit::usage, "a command is missing", {}, "glacis --help"});
  return run_action(cli);
}

}  // namespace
}  // namespace glacis::cli

int main(int argc, char** argv) {
  // A reader that goes away ends us by a failed write, with a message.
  try {
    return glacis::cli::main_with(argc, argv);
  } catch (const std::exception& failure) {
    glacis::cli::Output{}.error({glacis::Exit::bug,
                                 fmt::format("internal failure: {}", failure.what()),
                                 {},
                                 "please report this with the command line"},
                                static_cast<int>(glacis::Exit::bug));
    return static_cast<int>(glacis::Exit::bug);
  }
}
