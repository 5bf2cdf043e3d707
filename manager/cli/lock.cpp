// SPDX-License-Identifier: Apache-2.0
// glacis lock: what is enforced stays as it is until the host starts again.
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/host.h"

namespace glacis::cli {
namespace {

Result<int> lock(const Cli& cli, bool until_restart) {
  if (!until_restart)
    return fail(Exit::usage, "a lock ends only when the host starts again",
                "say so with --until-restart", "nothing was locked");
  if (auto root = need_root("lock"); !root) return std::unexpected(root.error());
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  const auto domains = enforcer->domains();
  if (!domains) return std::unexpected(domains.error());
  if (domains->empty())
    return fail(Exit::usage, "no profile is loaded", "`glacis load` comes first",
                "nothing was locked");
  // A guard with a gap would be locked with it.
  const auto guard = enforcer->guard();
  if (!guard) return std::unexpected(guard.error());
  if (!guard->missing.empty())
    return fail(Exit::partial, guard_text(*guard), "run `glacis doctor`", "nothing was locked");
  if (auto done = enforcer->lock(); !done) return std::unexpected(done.error());
  Json names = Json::array();
  for (const kernel::Domain& domain : *domains) {
    record_change(cli.out, "locked", domain);
    names.push_back(shown(domain.name));
  }
  if (cli.out.json)
    cli.out.write_json(
        {{"schema", "glacis.lock/1"}, {"locked", true}, {"domains", std::move(names)}});
  else if (!cli.out.quiet)
    cli.out.print("locked until the host starts again: {}\n", counted(domains->size(), "domain"));
  return code(Exit::ok);
}

}  // namespace

void add_lock(Command app, Cli& cli) {
  const auto until_restart = std::make_shared<bool>(false);
  Command command = app.add_command("lock", "Let nobody change what is in force, not even root");
  command.add_flag("--until-restart", *until_restart, "There is no other way to end it");
  command.footer(
      "Afterwards no profile is loaded, ended or changed in mode, no process is put into a\n"
      "domain but by [attach], fork and exec, no pin is removed, and the maps and programs are\n"
      "handed out to nobody for writing, glacisd included. Evidence is recorded as before. What\n"
      "a kernel module or another kernel can do stays open: `glacis doctor` says what does.");
  command.act(cli, [&cli, until_restart] { return lock(cli, *until_restart); });
}

}  // namespace glacis::cli
