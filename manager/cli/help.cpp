// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/help.h"

#include <fmt/format.h>

#include <iterator>

namespace glacis::cli {
namespace {

std::string option_names(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true, false);
  std::string names = option.get_name(false, true);
  for (std::size_t at = names.find(','); at != std::string::npos; at = names.find(',', at + 2))
    names.insert(at + 1, " ");
  if (option.get_items_expected_max() > 0) names += " " + option.get_type_name();
  return names;
}

void add_line(std::string& out, const std::string& left, const std::string& right) {
  fmt::format_to(std::back_inserter(out), "  {:<23} {}\n", left, right);
}

void add_options(std::string& out, const CLI::App& command, bool positional) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty() || option->get_positional() != positional) continue;
    add_line(out, option_names(*option), option->get_description());
  }
}

std::string usage_line(const CLI::App& command) {
  std::string out;
  for (const CLI::App* at = &command; at != nullptr; at = at->get_parent())
    out.insert(0, at->get_name() + " ");
  out += "[OPTION...]";
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) {
      if (option->get_required())
        out += fmt::format(" --{} {}", option->get_lnames().front(), option->get_type_name());
      continue;
    }
    std::string word = option->get_name(true, false);
    if (option->get_items_expected_max() > 1) word += "...";
    out += option->get_required() ? " " + word : " [" + word + "]";
  }
  if (!command.get_subcommands(nullptr).empty()) out += " COMMAND";
  return out;
}

// `glacis run`, and no other run.
bool starts_program(const CLI::App& command) {
  return command.get_name() == "run" && command.get_parent()->get_parent() == nullptr;
}

std::string of_command(const CLI::App& command) {
  std::string out = fmt::format("{}\n\nUsage: {}{}\n\n", command.get_description(),
                                usage_line(command), starts_program(command) ? " -- CMD..." : "");
  for (const CLI::App* sub : command.get_subcommands(nullptr))
    add_line(out, sub->get_name(), sub->get_description());
  add_options(out, command, true);
  add_options(out, command, false);
  add_line(out, "--json, -q, -v, --color", "as for every command: glacis --help");
  if (!command.get_footer().empty()) out += "\n" + command.get_footer() + "\n";
  return out;
}

}  // namespace

std::string overview() {
  return R"(glacis decides inside the kernel what a program may do.

  glacis check nginx.toml                  what is wrong with a profile
  glacis sim nginx.toml -e "exec /bin/sh"  what it would answer
  glacis doctor                            what this host can enforce
  glacis load nginx.toml                   put it in force
  glacis run --profile nginx -- nginx      start a program confined by it
  glacis evidence list                     what was refused

Write profiles
  init        Make a first profile, to start learning with
  check       Say what is wrong with profiles
  compile     Write a profile's policy image
  explain     Show what a profile or image enforces, or what a code means
  diff        Show what a change of a profile changes
  sim         Say what a policy would answer
  export      Write a profile for another enforcer
  import      Make profiles of another enforcer's policy
Enforce (root)
  load        Put profiles in force
  unload      End a profile's enforcement
  mode        Switch between observe, audit and enforce
  confirm     Keep a mode that was set for a time
  lock        Let nobody change what is in force, not even root
  session     Give sessions of a container another profile for a time
  reload      Look into the folders of profiles again (glacisd)
  status      Show what is in force
  run         Start a program in a domain
  adopt       Bind a running process to a domain
  watch       Show records as they come (glacisd)
  top         Show what is refused right now, by domain
  trace       Tell each decision about a domain, allowed ones too
  candidate   Ask a changed profile about live work, while the old decides
  evidence    List and show what was refused
  why         Say what decided a refusal, and what would allow it
  correlate   Name whose session caused a refusal
  notify      Tell owners of refusals
  report      Write what happened, for people
  metrics     Write figures for Prometheus

Learn (root)
  learn       Record what a program does
  coverage    Say how much of it was seen, and whether that is enough
  review      Turn it into rules, with the evidence for each
Host
  doctor      Say what this host can enforce, and how to enable the rest
  selftest    Try known attacks on this kernel, in a scratch domain
  drill       Play an attack in a copy of a profile's domain
  version     Show the version

  --json                  Write JSON to stdout
  -q, --quiet             Say only what was asked for
  -v, --verbose           Say more
  --color WHEN            auto, always or never
  -h, --help              Help; for a command: glacis COMMAND --help

Exit status: 0 done, 1 findings, 2 invalid input, 3 the kernel cannot,
4 not permitted, 5 no daemon. See glacis(1) and glacis-profile(5).
)";
}

std::string Formatter::make_help(const CLI::App* app, std::string name,
                                 CLI::AppFormatMode mode) const {
  (void)name;
  (void)mode;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return of_command(*app);
}

}  // namespace glacis::cli
