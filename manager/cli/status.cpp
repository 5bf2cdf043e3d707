// SPDX-License-Identifier: Apache-2.0
// glacis status: what is in force on this host.
#include <unistd.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/backend/apparmor/host.h"
#include "manager/cli/apparmor_domains.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/daemon_client.h"
#include "manager/cli/host.h"
#include "manager/cli/processes.h"
#include "manager/cli/status_daemon.h"
#include "manager/kernel/probe.h"
#include "manager/profile/mode.h"

namespace glacis::cli {
namespace {

using Subjects = std::map<std::uint32_t, std::vector<pid_t>>;  // by domain id

struct State {
  std::vector<kernel::Domain> domains;
  Subjects subjects;
  std::vector<kernel::Counter> counters;
  std::vector<std::string> hooks;
  kernel::Guard guard;
  std::vector<kernel::Check> problems;  // of the host: what is pinned may not run
  std::vector<AppArmorDomain> apparmor;
};

// By the label of each process's leader; who ends meanwhile is not counted.
Subjects count_subjects(const kernel::Enforcer& enforcer) {
  Subjects out;
  for (const pid_t pid : all_processes()) {
    const auto domain = enforcer.domain_of(pid);
    if (domain && *domain) out[**domain].push_back(pid);
  }
  return out;
}

Result<State> state_of(const kernel::Enforcer& enforcer, const std::string& name) {
  State out;
  if (name.empty()) {
    auto all = enforcer.domains();
    if (!all) return std::unexpected(all.error());
    out.domains = std::move(*all);
  } else {
    auto one = enforcer.find(name);
    if (!one) return std::unexpected(one.error());
    out.domains = {std::move(*one)};
  }
  auto counters = enforcer.counters();
  if (!counters) return std::unexpected(counters.error());
  out.counters = std::move(*counters);
  out.hooks = enforcer.attached_hooks();
  auto guard = enforcer.guard();
  if (!guard) return std::unexpected(guard.error());
  out.guard = std::move(*guard);
  out.subjects = count_subjects(enforcer);
  out.problems = kernel::look_at_host();
  std::erase_if(out.problems,
                [](const kernel::Check& c) { return c.outcome != kernel::Outcome::fail; });
  return out;
}

Json to_json(const State& state) {
  Json out = {{"schema", "glacis.status/1"},
              {"in_force", !state.domains.empty() || !state.apparmor.empty()}};
  out["domains"] = Json::array();
  for (const kernel::Domain& domain : state.domains) {
    Json one = domain_json(domain);
    const auto found = state.subjects.find(domain.id);
    one["layer"] = "bpf";
    one["processes"] = found == state.subjects.end() ? Json::array() : Json(found->second);
    one["filtered"] = found == state.subjects.end() ? 0 : filtered(found->second);
    out["domains"].push_back(std::move(one));
  }
  out["apparmor"] = apparmor_json(state.apparmor);
  out["counters"] = Json::object();
  for (const kernel::Counter& counter : state.counters)
    out["counters"][counter.name] = counter.value;
  out["hooks"] = state.hooks;
  out["guard"] = {{"locked", state.guard.locked}, {"missing", state.guard.missing}};
  out["problems"] = Json::array();
  for (const kernel::Check& problem : state.problems)
    out["problems"].push_back({{"name", problem.name},
                               {"evidence", shown(problem.evidence)},
                               {"remedy", problem.remedy}});
  return out;
}

std::string padded_mode(const Output& out, gl_mode mode) {
  const std::string text = fmt::format("{:<8}", profile::mode_text(mode));
  return mode == GL_MODE_ENFORCE ? out.paint(Paint::bold, text) : text;
}

const std::vector<pid_t> no_processes;

void print_domains(const Output& out, const State& state) {
  std::size_t width = 12;
  for (const kernel::Domain& domain : state.domains)
    width = std::max(width, shown(domain.name).size());
  out.print("{:<{}}  {:<8} {:>8}  {:<12} {:>10} {:>10} {:>8}  {}\n", "DOMAIN", width, "MODE",
            "SUBJECTS", "IMAGE", "DENIED", "WOULD-DENY", "PROBES", "LAYERS");
  for (const kernel::Domain& domain : state.domains) {
    const auto found = state.subjects.find(domain.id);
    const std::string denied = fmt::format("{:>10}", grouped(domain.denied));
    out.print("{:<{}}  {} {:>8}  {:<12} {} {:>10} {:>8}  {}\n", shown(domain.name), width,
              padded_mode(out, domain.mode),
              found == state.subjects.end() ? 0 : found->second.size(), short_digest(domain.digest),
              domain.denied != 0 ? out.paint(Paint::red, denied) : denied,
              grouped(domain.would_deny), grouped(domain.probes),
              layers_text("bpf", found == state.subjects.end() ? no_processes : found->second));
  }
  for (const kernel::Domain& domain : state.domains)
    if (const std::string text = attach_text(domain.attach); !text.empty())
      out.print("attach    {}: {}\n", shown(domain.name), text);
  for (const kernel::Domain& domain : state.domains)
    if (domain.watched)
      out.print("watched   {}: by `glacis candidate` or `trace`\n", shown(domain.name));
  for (const kernel::Domain& domain : state.domains)
    if (domain.held) out.print("{}\n", held_text(shown(domain.name)));
  out.print(
      "Subjects are processes. Denied and would-deny count repeats; probes are refusals\n"
      "that the kernel asked for without a record.\n");
}

std::size_t value_of(const std::vector<kernel::Counter>& counters, std::string_view name) {
  for (const kernel::Counter& counter : counters)
    if (counter.name == name) return counter.value;
  return 0;
}

// What belongs to each domain beyond the table.
void print_details(const Output& out, const State& state) {
  for (const kernel::Domain& domain : state.domains) {
    out.print("{}: id {:#x}, generation {}, class {} KiB, image {}, cached {}\n",
              shown(domain.name), domain.id, domain.generation,
              image::size_class_bytes(domain.size_class) / 1024, digest_text(domain.digest),
              domain.cached);
    const auto found = state.subjects.find(domain.id);
    if (found == state.subjects.end()) continue;
    for (const pid_t pid : found->second) out.print("  {:>8} {}\n", pid, belongings_of(pid).comm);
  }
}

void print_problems(const Output& out, const State& state) {
  for (const kernel::Check& problem : state.problems)
    out.print("{} {}\n  > {}\n", out.paint(Paint::red, "not in force:"), shown(problem.evidence),
              shown(problem.remedy));
}

void print_text(const Output& out, const State& state) {
  out.print("ABI {} · {} · {} attached · {} lost\n", GL_ABI,
            counted(state.domains.size(), "domain"), counted(state.hooks.size(), "hook"),
            counted(value_of(state.counters, "event_lost"), "event"));
  if (state.domains.empty()) {
    out.print("nothing is in force on this host\n");
  } else {
    print_domains(out, state);
    out.print("guard     {}\n", state.guard.missing.empty()
                                    ? guard_text(state.guard)
                                    : out.paint(Paint::red, guard_text(state.guard)));
  }
  bool first = true;
  for (const kernel::Counter& counter : state.counters) {
    if (counter.value == 0 && !out.verbose) continue;
    out.print("{}  {:<18} {:>12}  {}\n", first ? "counters" : "        ", counter.name,
              grouped(counter.value), counter.text);
    first = false;
  }
  std::string line = "hooks   ";
  for (const std::string& hook : state.hooks) {
    if (line.size() + 1 + hook.size() > 96) {
      out.print("{}\n", line);
      line = "        ";
    }
    line += " " + hook;
  }
  if (!state.hooks.empty()) out.print("{}\n", line);
  if (out.verbose) print_details(out, state);
}

// In a container even root may not ask: what BPF enforces is told all the same.
std::vector<AppArmorDomain> ask_apparmor(const Output& out, const std::string& name) {
  auto found = apparmor_domains(name);
  if (found) return std::move(*found);
  out.say("warning: {}\n", shown(found.error().what));
  return {};
}

// What BPF enforces, with a name only if it is that of such a domain.
Result<State> state_of_host(const std::optional<kernel::Enforcer>& enforcer,
                            const std::string& name, std::vector<AppArmorDomain> apparmor) {
  State state;
  const bool elsewhere = !name.empty() && !apparmor.empty();
  if (enforcer && !(elsewhere && !enforcer->find(name))) {
    auto found = state_of(*enforcer, name);
    if (!found) return std::unexpected(found.error());
    state = std::move(*found);
  } else if (!name.empty() && !elsewhere) {
    return std::unexpected(open_enforcer().error());
  }
  state.apparmor = std::move(apparmor);
  if (!state.apparmor.empty() && apparmor::is_asleep())
    state.problems.push_back({"apparmor", kernel::Outcome::fail,
                              "AppArmor as a whole refuses nothing: its mode is not enforce",
                              "echo enforce >/sys/module/apparmor/parameters/mode"});
  return state;
}

Result<int> status(const Cli& cli, const std::string& name) {
  const auto daemon = daemon_status();
  // Without root the daemon's word is all there is.
  if (::geteuid() != 0 && daemon) return show_daemon_status(cli, *daemon, name);
  if (auto root = need_root("status"); !root) return std::unexpected(root.error());
  const auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  const auto state = state_of_host(*enforcer, name, ask_apparmor(cli.out, name));
  if (!state) return std::unexpected(state.error());
  if (cli.out.json) {
    Json out = to_json(*state);
    if (daemon && *daemon) out["daemon"] = daemon_part(**daemon);
    cli.out.write_json(out);
  } else {
    print_problems(cli.out, *state);
    if (*enforcer && (state->apparmor.empty() || name.empty() || !state->domains.empty())) {
      print_text(cli.out, *state);
    } else if (state->apparmor.empty()) {
      cli.out.print("nothing is in force on this host\n");
    }
    if (!state->apparmor.empty()) print_apparmor(cli.out, state->apparmor);
    if (daemon && *daemon) print_daemon(cli.out, **daemon);
  }
  const bool any = !state->domains.empty() || !state->apparmor.empty();
  const bool idle = any && !state->problems.empty();
  return code(idle ? Exit::partial : Exit::ok);
}

}  // namespace

void add_status(Command app, Cli& cli) {
  const auto name = std::make_shared<std::string>();
  Command command = app.add_command("status", "Show what is in force");
  command.add_option("NAME", *name, "Only this profile");
  command.footer(
      "With -v: counters that are zero too, and each domain's processes. Exit status 6\n"
      "where profiles are loaded but the host does not run them.");
  command.act(cli, [&cli, name] { return status(cli, *name); });
}

}  // namespace glacis::cli
