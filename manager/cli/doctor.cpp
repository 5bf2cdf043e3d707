// SPDX-License-Identifier: Apache-2.0
// glacis doctor: what this host can enforce, and how to enable what it can't.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "manager/audit/socket.h"
#include "manager/backend/apparmor/host.h"
#include "manager/base/file.h"
#include "manager/cli/backend.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/output.h"
#include "manager/kernel/probe.h"

namespace glacis::cli {
namespace {

using kernel::Check;
using kernel::Outcome;

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::warn:
      return "warn";
    case Outcome::fail:
      return "fail";
    case Outcome::unknown:
      break;
  }
  return "unknown";
}

Paint paint_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return Paint::green;
    case Outcome::warn:
    case Outcome::unknown:
      return Paint::yellow;
    case Outcome::fail:
      break;
  }
  return Paint::red;
}

// The layer that stands in for BPF. Where that works, nobody misses this one.
Check check_apparmor(const apparmor::Host& host, bool needed) {
  const auto able = apparmor::usable(host);
  if (able) {
    std::string text = "enabled, apparmor_parser " + host.version;
    for (const std::string& kind : host.unasked) text += ", asks nothing about " + kind;
    return {"apparmor", Outcome::ok, std::move(text), {}, Exit::ok};
  }
  if (!needed)
    return {"apparmor", Outcome::ok, able.error().what + "; not needed beside BPF", {}, Exit::ok};
  return {"apparmor", Outcome::warn, able.error().what, able.error().next, Exit::ok};
}

// Whether refusals by others can become records. Nothing is refused the less without.
Check check_audit() {
  const auto opened = audit::Socket::open();
  if (!opened) {
    const bool may_not = opened.error().exit == Exit::not_permitted;
    return {"audit", may_not ? Outcome::unknown : Outcome::warn, opened.error().what,
            may_not ? "" : "boot without audit=0", Exit::ok};
  }
  const auto logged = read_file("/proc/sys/kernel/seccomp/actions_logged", 1024);
  for (const char* action : {"kill_process", "errno", "log"})
    if (logged && !(" " + *logged).contains(fmt::format(" {}", action)))
      return {"audit", Outcome::warn,
              fmt::format("the kernel keeps to itself what seccomp answers with {}", action),
              "put it back into the sysctl kernel.seccomp.actions_logged", Exit::ok};
  return {"audit",
          Outcome::ok,
          "what seccomp and AppArmor refuse is told, and recorded while glacisd runs",
          {},
          Exit::ok};
}

std::string_view summary(Exit verdict, bool apparmor) {
  if (verdict == Exit::kernel && apparmor)
    return "this host cannot enforce by BPF as it is; `glacis run` takes AppArmor, which asks less";
  switch (verdict) {
    case Exit::ok:
      return "this host can enforce";
    case Exit::not_permitted:
      return "not permitted to find out whether this host can enforce";
    default:
      return "this host cannot enforce as it is";
  }
}

Json to_json(const std::vector<Check>& checks, Exit verdict, bool apparmor) {
  Json list = Json::array();
  for (const Check& check : checks) {
    Json one = {
        {"name", check.name}, {"result", word(check.outcome)}, {"evidence", shown(check.evidence)}};
    if (!check.remedy.empty()) one["remedy"] = shown(check.remedy);
    list.push_back(std::move(one));
  }
  return {{"schema", "glacis.doctor/1"},
          {"can_enforce", verdict == Exit::ok},
          {"apparmor_can", apparmor},
          {"exit", code(verdict)},
          {"checks", std::move(list)}};
}

Result<int> doctor(const Cli& cli) {
  std::vector<Check> checks = kernel::probe();
  const Exit verdict = kernel::verdict(checks);
  const auto host = apparmor::look();
  const bool apparmor = apparmor::usable(host).has_value();
  checks.push_back(check_audit());
  checks.push_back(check_apparmor(host, bpf_lacks(checks).has_value()));
  if (cli.out.json) {
    cli.out.write_json(to_json(checks, verdict, apparmor));
    return code(verdict);
  }
  for (const Check& check : checks) {
    if (cli.out.quiet && check.outcome == Outcome::ok) continue;
    cli.out.print("{}  {:<15}  {}\n",
                  cli.out.paint(paint_of(check.outcome), fmt::format("{:<7}", word(check.outcome))),
                  check.name, shown(check.evidence));
    if (!check.remedy.empty())
      cli.out.print("{:<26}{}\n", "", cli.out.paint(Paint::bold, "> " + shown(check.remedy)));
  }
  cli.out.print("{}\n", summary(verdict, apparmor && bpf_lacks(checks)));
  return code(verdict);
}

}  // namespace

void add_doctor(Command app, Cli& cli) {
  Command command =
      app.add_command("doctor", "Say what this host can enforce, and how to enable the rest");
  command.footer(
      "Exit status: 0 all that is needed works, 3 something does not, 4 not permitted\n"
      "to find out.");
  command.act(cli, [&cli] { return doctor(cli); });
}

}  // namespace glacis::cli
