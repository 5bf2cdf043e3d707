// SPDX-License-Identifier: Apache-2.0
// glacis load: profiles in force. All are checked before the first is loaded.
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/host.h"
#include "manager/kernel/probe.h"

namespace glacis::cli {
namespace {

struct Arguments {
  std::vector<std::string> files;
  std::string mode;
  bool dry_run = false;
  SearchOptions search;
};

Result<std::vector<Ready>> prepare_all(const Cli& cli, const Arguments& arguments) {
  std::optional<gl_mode> mode;
  if (!arguments.mode.empty()) {
    const auto parsed = parse_mode(arguments.mode);
    if (!parsed) return std::unexpected(parsed.error());
    mode = *parsed;
  }
  const profile::LoadOptions options = arguments.search.load_options();
  std::vector<Ready> out;
  std::set<std::string> names;
  for (const std::string& file : arguments.files) {
    auto ready = prepare(cli.out, file, options, mode);
    if (!ready) return std::unexpected(ready.error());
    if (!names.insert(ready->name).second)
      return fail(Exit::usage, fmt::format("two files have the profile `{}`", shown(ready->name)),
                  {}, "nothing was changed");
    out.push_back(std::move(*ready));
  }
  return out;
}

Json ready_json(const Ready& ready) {
  return {{"domain", shown(ready.name)},
          {"mode", mode_word(ready.mode)},
          {"image", digest_text(ready.digest)},
          {"bytes", ready.bytes.size()},
          {"rules", ready.map.rules.size()}};
}

void print_ready(const Cli& cli, const Ready& ready, std::string_view how) {
  if (cli.out.quiet) return;
  cli.out.print("{}: {}, mode {}, {}, image {} ({} bytes)\n", shown(ready.name), how,
                mode_word(ready.mode), counted(ready.map.rules.size(), "rule"),
                short_digest(ready.digest), ready.bytes.size());
}

Result<int> dry_run(const Cli& cli, const std::vector<Ready>& all) {
  Json list = Json::array();
  for (const Ready& ready : all) {
    if (cli.out.json) {
      list.push_back(ready_json(ready));
    } else {
      print_ready(cli, ready, "would be loaded");
    }
  }
  if (cli.out.json)
    cli.out.write_json(
        {{"schema", "glacis.load/1"}, {"loaded", false}, {"domains", std::move(list)}});
  return code(Exit::ok);
}

// Names what is in force already when a later file fails.
Error after_some(Error error, const std::vector<std::string>& loaded) {
  if (loaded.empty()) return error;
  std::string names;
  for (const std::string& name : loaded) names += (names.empty() ? "" : ", ") + shown(name);
  error.unchanged = fmt::format("{} is in force now; the rest is as it was", names);
  return error;
}

Result<int> load(const Cli& cli, const Arguments& arguments) {
  if (!arguments.dry_run)
    if (auto root = need_root("load"); !root) return std::unexpected(root.error());
  const auto all = prepare_all(cli, arguments);
  if (!all) return std::unexpected(all.error());
  if (arguments.dry_run) return dry_run(cli, *all);
  if (auto able = kernel::precheck(); !able) return std::unexpected(able.error());
  auto enforcer = kernel::Enforcer::open_or_create();
  if (!enforcer) return std::unexpected(enforcer.error());
  Json list = Json::array();
  std::vector<std::string> loaded;
  for (const Ready& ready : *all) {
    const auto domain = put_in_force(*enforcer, ready);
    if (!domain) return std::unexpected(after_some(domain.error(), loaded));
    loaded.push_back(ready.name);
    if (cli.out.json) {
      list.push_back(domain_json(*domain));
    } else {
      print_ready(cli, ready, "in force");
    }
  }
  if (cli.out.json)
    cli.out.write_json(
        {{"schema", "glacis.load/1"}, {"loaded", true}, {"domains", std::move(list)}});
  return code(Exit::ok);
}

}  // namespace

void add_load(CLI::App& app, Cli& cli) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("load", "Put profiles in force");
  command->add_option("FILE", arguments->files, "Profiles, or images with their maps")->required();
  command->add_option("--mode", arguments->mode, "observe, audit or enforce; not the profile's")
      ->type_name("MODE");
  command->add_flag("--dry-run", arguments->dry_run, "Check and build, change nothing");
  arguments->search.add_to(*command);
  command->footer(
      "All files are checked before the first is loaded. A profile of a name that is\n"
      "in force takes its place at once, for the processes that it confines too.");
  command->callback(
      [&cli, arguments] { cli.action = [&cli, arguments] { return load(cli, *arguments); }; });
}

}  // namespace glacis::cli
