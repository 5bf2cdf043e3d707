// SPDX-License-Identifier: Apache-2.0
// glacis load: profiles in force. All are checked before the first is loaded.
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "manager/cli/author.h"
#include "manager/cli/belongings.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/host.h"
#include "manager/kernel/probe.h"
#include "manager/kernel/running.h"
#include "manager/profile/mode.h"

namespace glacis::cli {
namespace {

struct LoadArguments {
  std::vector<std::string> files;
  std::string mode;
  bool dry_run = false;
  bool no_adopt = false;
  SearchOptions search;
};

Result<std::vector<Ready>> prepare_all(const Cli& cli, const LoadArguments& arguments) {
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
          {"mode", profile::mode_text(ready.mode)},
          {"image", digest_text(ready.digest)},
          {"bytes", ready.bytes.size()},
          {"rules", ready.map.rules.size()}};
}

void print_ready(const Cli& cli, const Ready& ready, std::string_view how) {
  if (cli.out.quiet) return;
  cli.out.print("{}: {}, mode {}, {}, image {} ({} bytes)\n", shown(ready.name), how,
                profile::mode_text(ready.mode), counted(ready.map.rules.size(), "rule"),
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

// Profiles that transitions lead to and that are not in force.
std::set<std::string> missing_targets(const kernel::Enforcer& enforcer, const Ready& ready) {
  std::set<std::string> out;
  for (const image::SourceRule& rule : ready.map.rules)
    if (!rule.glob.empty() && !rule.peer.empty() && !enforcer.find(rule.peer))
      out.insert(rule.peer);
  return out;
}

// Two files of one command that attach the same; against what is in force already
// each is checked as it is loaded.
Status no_conflicts(const std::vector<Ready>& all) {
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (const auto both = in_common(all[j].attach, all[i].attach))
        return fail(Exit::usage,
                    fmt::format("`{}` and `{}` attach the same {}", shown(all[j].name),
                                shown(all[i].name), shown(*both)),
                    "remove it from [attach] of one of them", "nothing was changed");
  return {};
}

Json running_json(const kernel::Running& one) {
  Json out = {{"pid", one.pid}, {"by", shown(one.by.reason)}, {"adopted", one.adopted}};
  if (!one.not_since.empty()) out["reason"] = shown(one.not_since);
  out["not_rechecked"] = Json::array();
  if (one.adopted)
    for (const pid_t pid : family_of(one.pid))
      out["not_rechecked"].push_back(belongings_json(belongings_of(pid)));
  return out;
}

void print_running(const Output& out, const std::string& profile, const kernel::Running& one) {
  if (!one.adopted) {
    out.say("warning: {}: process {} ({}) runs unconfined: {}\n", shown(profile), one.pid,
            shown(one.by.reason), shown(one.not_since));
    return;
  }
  if (out.quiet) return;
  out.print(
      "{}: process {} was running ({}) and is bound. Opened or mapped before, and not\n"
      "checked again:\n",
      shown(profile), one.pid, shown(one.by.reason));
  for (const pid_t pid : family_of(one.pid)) print_belongings(out, belongings_of(pid));
}

// Processes that were there first: adopted, unless they are to be left alone.
Status handle_running(const Cli& cli, const LoadArguments& arguments, kernel::Enforcer& enforcer,
                      const std::string& profile, Json& json) {
  auto found = arguments.no_adopt ? kernel::find_running(enforcer, profile)
                                  : kernel::adopt_running(enforcer, profile);
  if (!found) return std::unexpected(found.error());
  json["running"] = Json::array();
  for (kernel::Running& one : *found) {
    if (arguments.no_adopt) one.not_since = "--no-adopt";
    json["running"].push_back(running_json(one));
    if (!cli.out.json) print_running(cli.out, profile, one);
  }
  return {};
}

// Names what is in force already when a later file fails.
Error after_some(Error error, const std::vector<std::string>& loaded) {
  if (loaded.empty()) return error;
  std::string names;
  for (const std::string& name : loaded) names += (names.empty() ? "" : ", ") + shown(name);
  error.unchanged = fmt::format("{} is in force now; the rest is as it was", names);
  return error;
}

// What AppArmor is to enforce has no attachment, and nobody to load it for.
Status no_apparmor(const std::vector<Ready>& all) {
  for (const Ready& ready : all)
    if (ready.backend == profile::Layers::apparmor)
      return fail(Exit::usage,
                  fmt::format("`{}` says backend = \"apparmor\", and AppArmor confines only what "
                              "`glacis run` starts",
                              shown(ready.name)),
                  "glacis run --profile FILE -- CMD..., or set backend = \"auto\"",
                  "nothing was changed");
  return {};
}

Result<int> load(const Cli& cli, const LoadArguments& arguments) {
  if (!arguments.dry_run)
    if (auto root = need_root("load"); !root) return std::unexpected(root.error());
  const auto all = prepare_all(cli, arguments);
  if (!all) return std::unexpected(all.error());
  if (auto able = no_apparmor(*all); !able) return std::unexpected(able.error());
  if (auto apart = no_conflicts(*all); !apart) return std::unexpected(apart.error());
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
    record_change(cli.out, "loaded", *domain);
    list.push_back(domain_json(*domain));
    if (!domain->unmatched.empty()) list.back()["unmatched"] = domain->unmatched;
    if (cli.out.json) continue;
    print_ready(cli, ready, "in force");
    tell_unmatched(cli.out, *domain);
  }
  for (std::size_t i = 0; i < all->size(); ++i) {
    if (!(*all)[i].attach.any()) continue;
    auto done = handle_running(cli, arguments, *enforcer, (*all)[i].name, list[i]);
    if (!done) return std::unexpected(after_some(done.error(), loaded));
  }
  for (std::size_t i = 0; i < all->size(); ++i) {
    const auto missing = missing_targets(*enforcer, (*all)[i]);
    if (!missing.empty()) list[i]["missing_targets"] = missing;
    for (const std::string& name : missing)
      if (!cli.out.json)
        cli.out.say("warning: {}: no profile `{}` is loaded; transitions to it are refused\n",
                    shown((*all)[i].name), shown(name));
  }
  if (cli.out.json)
    cli.out.write_json(
        {{"schema", "glacis.load/1"}, {"loaded", true}, {"domains", std::move(list)}});
  return code(Exit::ok);
}

}  // namespace

void add_load(Command app, Cli& cli) {
  const auto arguments = std::make_shared<LoadArguments>();
  Command command = app.add_command("load", "Put profiles in force");
  command.add_option("FILE", arguments->files, "Profiles, or images with their maps").required();
  command.add_option("--mode", arguments->mode, "observe, audit or enforce; not the profile's")
      .type_name("MODE");
  command.add_flag("--dry-run", arguments->dry_run, "Check and build, change nothing");
  command.add_flag("--no-adopt", arguments->no_adopt,
                   "Leave processes alone that run already and that [attach] speaks of");
  arguments->search.add_to(command);
  command.footer(
      "All files are checked before the first is loaded. A profile of a name that is\n"
      "in force takes its place at once, for the processes that it confines too.\n"
      "Processes that run already and that [attach] speaks of are adopted.");
  command.act(cli, [&cli, arguments] { return load(cli, *arguments); });
}

}  // namespace glacis::cli
