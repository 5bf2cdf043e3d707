// SPDX-License-Identifier: Apache-2.0
// glacis unload and glacis mode.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/cli/cli.h"
#include "manager/cli/host.h"

namespace glacis::cli {
namespace {

struct Arguments {
  std::string name;
  std::string mode;
  bool dry_run = false;
};

void report(const Cli& cli, std::string_view schema, const std::string& name, std::string_view key,
            std::string_view now, bool done) {
  if (cli.out.json) {
    cli.out.write_json({{"schema", schema}, {"domain", shown(name)}, {key, now}, {"done", done}});
  } else if (!cli.out.quiet) {
    cli.out.print("{}: {}{}\n", shown(name), done ? "" : "would be ", now);
  }
}

Result<int> unload(const Cli& cli, const Arguments& arguments) {
  if (auto root = need_root("unload"); !root) return std::unexpected(root.error());
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (const auto domain = enforcer->find(arguments.name); !domain)
    return std::unexpected(domain.error());
  if (!arguments.dry_run) {
    drain_evidence(cli.out, *enforcer);
    if (auto done = enforcer->unload(arguments.name); !done) return std::unexpected(done.error());
  }
  report(cli, "glacis.unload/1", arguments.name, "state", "unloaded", !arguments.dry_run);
  return code(Exit::ok);
}

Result<int> set_mode(const Cli& cli, const Arguments& arguments) {
  if (auto root = need_root("mode"); !root) return std::unexpected(root.error());
  const auto mode = parse_mode(arguments.mode);
  if (!mode) return std::unexpected(mode.error());
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (const auto domain = enforcer->find(arguments.name); !domain)
    return std::unexpected(domain.error());
  if (!arguments.dry_run)
    if (auto done = enforcer->set_mode(arguments.name, *mode); !done)
      return std::unexpected(done.error());
  report(cli, "glacis.mode/1", arguments.name, "mode", mode_word(*mode), !arguments.dry_run);
  return code(Exit::ok);
}

}  // namespace

void add_unload(CLI::App& app, Cli& cli) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("unload", "End a profile's enforcement");
  command->add_option("NAME", arguments->name, "Profile in force")->required();
  command->add_flag("--dry-run", arguments->dry_run, "Change nothing");
  command->footer("The processes that it confines are unconfined from then on.");
  command->callback(
      [&cli, arguments] { cli.action = [&cli, arguments] { return unload(cli, *arguments); }; });
}

void add_mode(CLI::App& app, Cli& cli) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("mode", "Switch between observe, audit and enforce");
  command->add_option("NAME", arguments->name, "Profile in force")->required();
  command->add_option("MODE", arguments->mode, "observe, audit or enforce")->required();
  command->add_flag("--dry-run", arguments->dry_run, "Change nothing");
  command->callback(
      [&cli, arguments] { cli.action = [&cli, arguments] { return set_mode(cli, *arguments); }; });
}

}  // namespace glacis::cli
