// SPDX-License-Identifier: Apache-2.0
// glacis adopt: binds a running process, its threads and descendants, and tells
// what they had already, which no hook will ever ask about again.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/cli/cli.h"
#include "manager/cli/host.h"
#include "manager/cli/processes.h"

namespace glacis::cli {
namespace {

struct Arguments {
  pid_t pid = 0;
  std::string profile;
};

Json descriptors_json(const std::vector<OpenDescriptor>& list) {
  Json out = Json::array();
  for (const OpenDescriptor& one : list)
    out.push_back({{"fd", one.number}, {"access", one.access}, {"target", one.target.escaped()}});
  return out;
}

Json to_json(const Belongings& of) {
  Json out = {{"pid", of.pid}, {"comm", of.comm.escaped()}};
  out["descriptors"] = descriptors_json(of.descriptors);
  out["rings"] = descriptors_json(of.rings);
  out["mappings"] = Json::array();
  for (const Mapping& one : of.mappings)
    out["mappings"].push_back(
        {{"range", one.range}, {"rights", one.rights}, {"target", one.target.escaped()}});
  return out;
}

void print(const Output& out, const Belongings& of) {
  out.print("{} {}\n", of.pid, of.comm);
  for (const OpenDescriptor& one : of.descriptors)
    out.print("  fd {:<4} {:<11} {}\n", one.number, one.access, one.target);
  for (const OpenDescriptor& one : of.rings)
    out.print("  {} fd {:<4} what it submits is decided, but as who created it\n",
              out.paint(Paint::yellow, "ring"), one.number);
  for (const Mapping& one : of.mappings)
    out.print("  {}  {} {} {}\n", out.paint(Paint::yellow, "map"), one.rights, one.range,
              one.target.empty() ? "anonymous" : one.target.escaped());
}

void report(const Cli& cli, const Arguments& arguments, const kernel::Adopted& adopted,
            const std::vector<Belongings>& all) {
  const std::size_t children = all.empty() ? 0 : all.size() - 1;
  if (cli.out.json) {
    Json list = Json::array();
    for (const Belongings& one : all) list.push_back(to_json(one));
    cli.out.write_json({{"schema", "glacis.adopt/1"},
                        {"domain", shown(arguments.profile)},
                        {"pid", arguments.pid},
                        {"tasks", adopted.tasks},
                        {"passes", adopted.passes},
                        {"descendants", children},
                        {"not_rechecked", std::move(list)}});
    return;
  }
  if (cli.out.quiet) return;
  cli.out.print("{}: process {} is bound, with {} and {} ({} labelled in {})\n",
                shown(arguments.profile), arguments.pid, "all its threads",
                children == 1 ? "1 descendant" : fmt::format("{} descendants", children),
                counted(adopted.tasks, "task"), counted(adopted.passes, "pass"));
  cli.out.print("Opened or mapped before, and not checked again:\n");
  for (const Belongings& one : all) print(cli.out, one);
}

Result<int> adopt(const Cli& cli, const Arguments& arguments) {
  if (auto root = need_root("adopt"); !root) return std::unexpected(root.error());
  if (arguments.pid <= 1)
    return fail(Exit::usage, fmt::format("process {} cannot be adopted", arguments.pid),
                "name a process by its number, 2 or more", "nothing was changed");
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  const auto adopted = enforcer->adopt(arguments.pid, arguments.profile);
  if (!adopted) return std::unexpected(adopted.error());
  std::vector<Belongings> all;
  for (const pid_t pid : family_of(arguments.pid)) all.push_back(belongings_of(pid));
  report(cli, arguments, *adopted, all);
  return code(Exit::ok);
}

}  // namespace

void add_adopt(CLI::App& app, Cli& cli) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("adopt", "Bind a running process to a domain");
  command->add_option("PID", arguments->pid, "Process")->required();
  command->add_option("-p,--profile", arguments->profile, "A profile in force")
      ->type_name("NAME")
      ->required();
  command->footer(
      "All threads and descendants are bound too. What they opened or mapped before\n"
      "is listed: no hook asks about it again. Restarting the program checks it.");
  command->callback(
      [&cli, arguments] { cli.action = [&cli, arguments] { return adopt(cli, *arguments); }; });
}

}  // namespace glacis::cli
