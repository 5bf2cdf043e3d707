// SPDX-License-Identifier: Apache-2.0
// glacis adopt: binds a running process, its threads and descendants, and tells
// what they had already, which no hook will ever ask about again.
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/cli/belongings.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/host.h"
#include "manager/cli/processes.h"

namespace glacis::cli {
namespace {

struct AdoptArguments {
  pid_t pid = 0;
  std::string profile;
  bool require_none = false;
};

std::vector<Belongings> belongings_of_family(pid_t pid) {
  std::vector<Belongings> out;
  for (const pid_t one : family_of(pid)) out.push_back(belongings_of(one));
  return out;
}

void report(const Cli& cli, const AdoptArguments& arguments, const kernel::Adopted& adopted,
            const std::vector<Belongings>& all) {
  const std::size_t children = all.empty() ? 0 : all.size() - 1;
  if (cli.out.json) {
    Json list = Json::array();
    for (const Belongings& one : all) list.push_back(belongings_json(one));
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
  for (const Belongings& one : all) print_belongings(cli.out, one);
}

Result<int> adopt(const Cli& cli, const AdoptArguments& arguments) {
  if (auto root = need_root("adopt"); !root) return std::unexpected(root.error());
  if (arguments.pid <= 1)
    return fail(Exit::usage, fmt::format("process {} cannot be adopted", arguments.pid),
                "name a process by its number, 2 or more", "nothing was changed");
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  const auto before =
      arguments.require_none ? belongings_of_family(arguments.pid) : std::vector<Belongings>{};
  for (const Belongings& one : before) {
    if (!holds_anything(one)) continue;
    if (!cli.out.json) print_belongings(cli.out, one);
    return fail(Exit::findings,
                fmt::format("process {} holds what no hook would ask about again", one.pid),
                "start the program anew under the profile, or leave --require-none out",
                "it was not adopted");
  }
  const auto adopted = enforcer->adopt(arguments.pid, arguments.profile);
  if (!adopted) return std::unexpected(adopted.error());
  const std::vector<Belongings> all = belongings_of_family(arguments.pid);
  report(cli, arguments, *adopted, all);
  // It may have opened something between the look and the label.
  const bool slipped = arguments.require_none && std::ranges::any_of(all, holds_anything);
  return code(slipped ? Exit::partial : Exit::ok);
}

}  // namespace

void add_adopt(Command app, Cli& cli) {
  const auto arguments = std::make_shared<AdoptArguments>();
  Command command = app.add_command("adopt", "Bind a running process to a domain");
  command.add_option("PID", arguments->pid, "Process").required();
  command.add_option("-p,--profile", arguments->profile, "A profile in force")
      .type_name("NAME")
      .required();
  command.add_flag("--require-none", arguments->require_none,
                   "Only if it has nothing open or mapped that would have to be asked about");
  command.footer(
      "All threads and descendants are bound too. What they opened or mapped before\n"
      "is listed: no hook asks about it again. Restarting the program checks it.");
  command.act(cli, [&cli, arguments] { return adopt(cli, *arguments); });
}

}  // namespace glacis::cli
