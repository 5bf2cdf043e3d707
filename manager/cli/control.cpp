// SPDX-License-Identifier: Apache-2.0
// glacis unload and glacis mode.
#include <fmt/ranges.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/base/file.h"
#include "manager/cli/apparmor_domains.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/daemon_client.h"
#include "manager/cli/decisions.h"
#include "manager/cli/host.h"
#include "manager/cli/learned.h"
#include "manager/daemon/state.h"
#include "manager/learn/database.h"
#include "manager/learn/readiness.h"
#include "manager/profile/mode.h"

namespace glacis::cli {
namespace {

struct ControlArguments {
  std::string name;
  std::string mode;
  std::string confirm_within;
  bool dry_run = false;
  bool force = false;
};

void report(const Cli& cli, std::string_view schema, const std::string& name, std::string_view key,
            std::string_view now, bool done) {
  if (cli.out.json) {
    cli.out.write_json({{"schema", schema}, {"domain", shown(name)}, {key, now}, {"done", done}});
  } else if (!cli.out.quiet) {
    cli.out.print("{}: {}{}\n", shown(name), done ? "" : "would be ", now);
  }
}

// The daemon, unless nothing is to be changed: it keeps what it put in force, and
// must hear what else is to be.
std::optional<DaemonClient> daemon_for(const ControlArguments& arguments) {
  return arguments.dry_run ? std::nullopt : DaemonClient::find();
}

Result<bool> enforced_by_bpf(const std::string& name) {
  const auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  return *enforcer && (*enforcer)->find(name).has_value();
}

// AppArmor's part of it; true where nothing else is enforced under this name. Who may
// not read AppArmor's list, as in a container, may remove nothing from it: what BPF
// enforces is ended all the same.
Result<bool> unload_beside(const Cli& cli, const ControlArguments& arguments) {
  if (::geteuid() != 0) return false;
  const auto done = unload_apparmor(arguments.name, arguments.force, arguments.dry_run);
  if (!done && done.error().exit == Exit::not_permitted) {
    cli.out.say("warning: {}\n", shown(done.error().what));
    return false;
  }
  if (!done || !*done) return done;
  const auto both = enforced_by_bpf(arguments.name);
  if (!both) return both;
  return !*both;
}

Result<int> unload(const Cli& cli, const ControlArguments& arguments) {
  const auto done_with = unload_beside(cli, arguments);
  if (!done_with) return std::unexpected(done_with.error());
  if (*done_with) {
    report(cli, "glacis.unload/1", arguments.name, "state", "unloaded", !arguments.dry_run);
    return code(Exit::ok);
  }
  if (auto client = daemon_for(arguments)) {
    const auto done = client->call("Unload", {{"name", arguments.name}});
    if (!done) return std::unexpected(done.error());
    report(cli, "glacis.unload/1", arguments.name, "state", "unloaded", true);
    return code(Exit::ok);
  }
  if (auto root = need_root("unload"); !root) return std::unexpected(root.error());
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  const auto domain = enforcer->find(arguments.name);
  if (!domain) return std::unexpected(domain.error());
  if (!arguments.dry_run) {
    drain_evidence(cli.out, *enforcer);
    if (auto done = enforcer->unload(arguments.name); !done) return std::unexpected(done.error());
    if (const auto forgotten = daemon::forget(arguments.name); !forgotten)
      cli.out.say("warning: {}; glacisd may put it in force again\n",
                  shown(forgotten.error().what));
    record_change(cli.out, "unloaded", *domain);
  }
  report(cli, "glacis.unload/1", arguments.name, "state", "unloaded", !arguments.dry_run);
  return code(Exit::ok);
}

Result<int> ask_for_mode(const Cli& cli, DaemonClient& client, const ControlArguments& arguments,
                         gl_mode mode) {
  Json parameters = {{"name", arguments.name}, {"mode", profile::mode_text(mode)}};
  if (!arguments.confirm_within.empty()) {
    const auto seconds = parse_lasting(arguments.confirm_within);
    if (!seconds) return std::unexpected(seconds.error());
    parameters["confirm_within"] = (*seconds)->count();
  }
  const auto done = client.call("SetMode", parameters);
  if (!done) return std::unexpected(done.error());
  report(cli, "glacis.mode/1", arguments.name, "mode", profile::mode_text(mode), true);
  if (!arguments.confirm_within.empty() && !cli.out.json)
    cli.out.say("goes back to what it was in {} unless you say: glacis confirm {}\n",
                arguments.confirm_within, shown(arguments.name));
  return code(Exit::ok);
}

// What was learned is enforced when the recording says that it is enough, or by
// whoever takes that on. A profile without a recording is nobody's guess.
Result<bool> need_ready(const Output& out, const ControlArguments& arguments, gl_mode mode) {
  std::error_code ignored;
  if (mode != GL_MODE_ENFORCE || !fs::exists(learn::recording_path(arguments.name), ignored))
    return false;
  const auto database = learn::Database::open(learn::recording_path(arguments.name));
  const auto recording = database ? database->read() : std::unexpected(database.error());
  if (!recording) {
    if (arguments.force) return true;
    return std::unexpected(recording.error());
  }
  const auto suspicious = count_suspicious(out, *recording);
  if (!suspicious) return std::unexpected(suspicious.error());
  const auto readiness = learn::readiness_of(*recording, *suspicious);
  if (readiness.ready()) return false;
  if (arguments.force) return true;
  return fail(Exit::findings,
              fmt::format("the recording of `{}` is not ready: {}", shown(arguments.name),
                          fmt::join(readiness.missing, "; ")),
              fmt::format("`glacis coverage {}`, or --force", shown(arguments.name)),
              "the mode was not changed");
}

// A mode is part of AppArmor's text, which is made of the profile's file.
Status not_apparmor(const std::string& name) {
  const auto domains = apparmor_domains(name);
  const auto bpf = enforced_by_bpf(name);
  if (!domains || domains->empty() || !bpf || *bpf) return {};
  return fail(
      Exit::usage,
      fmt::format("`{}` is enforced by AppArmor, in the mode that its file said when it was "
                  "started",
                  shown(name)),
      "change `mode` in the file, and start a program with `glacis run` again: that "
      "changes it for those that run too",
      "the mode was not changed");
}

Result<int> set_mode(const Cli& cli, const ControlArguments& arguments) {
  const auto mode = parse_mode(arguments.mode);
  if (!mode) return std::unexpected(mode.error());
  const auto forced = need_ready(cli.out, arguments, *mode);
  if (!forced) return std::unexpected(forced.error());
  if (auto client = daemon_for(arguments)) return ask_for_mode(cli, *client, arguments, *mode);
  // Only who goes on running can go back.
  if (!arguments.confirm_within.empty())
    return std::unexpected(DaemonClient::need("mode --confirm-within").error());
  if (auto root = need_root("mode"); !root) return std::unexpected(root.error());
  if (auto able = not_apparmor(arguments.name); !able) return std::unexpected(able.error());
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  auto domain = enforcer->find(arguments.name);
  if (!domain) return std::unexpected(domain.error());
  if (!arguments.dry_run) {
    if (auto done = enforcer->set_mode(arguments.name, *mode); !done)
      return std::unexpected(done.error());
    domain->mode = *mode;
    record_change(cli.out, *forced ? fmt::format("mode, forced by {}", login_user()) : "mode",
                  *domain);
  }
  report(cli, "glacis.mode/1", arguments.name, "mode", profile::mode_text(*mode),
         !arguments.dry_run);
  return code(Exit::ok);
}

}  // namespace

void add_unload(Command app, Cli& cli) {
  const auto arguments = std::make_shared<ControlArguments>();
  Command command = app.add_command("unload", "End a profile's enforcement");
  command.add_option("NAME", arguments->name, "Profile in force").required();
  command.add_flag("--force", arguments->force,
                   "Where AppArmor enforces, though it confines somebody");
  command.add_flag("--dry-run", arguments->dry_run, "Change nothing");
  command.footer("The processes that it confines are unconfined from then on.");
  command.act(cli, [&cli, arguments] { return unload(cli, *arguments); });
}

void add_mode(Command app, Cli& cli) {
  const auto arguments = std::make_shared<ControlArguments>();
  Command command = app.add_command("mode", "Switch between observe, audit and enforce");
  command.add_option("NAME", arguments->name, "Profile in force").required();
  command.add_option("MODE", arguments->mode, "observe, audit or enforce").required();
  command
      .add_option("--confirm-within", arguments->confirm_within,
                  "Go back unless confirmed in this time")
      .type_name("TIME");
  command.add_flag("--force", arguments->force, "Enforce though its recording is not ready");
  command.add_flag("--dry-run", arguments->dry_run, "Change nothing");
  command.footer(
      "TIME is such as 90s, 10m or 2h, and needs glacisd. `glacis confirm NAME` keeps the\n"
      "mode; without it the one before comes back, also where the daemon was restarted.");
  command.act(cli, [&cli, arguments] { return set_mode(cli, *arguments); });
}

}  // namespace glacis::cli
