// SPDX-License-Identifier: Apache-2.0
// glacis trace: each distinct decision about one domain, told step by step.
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/decisions.h"
#include "manager/cli/host.h"
#include "manager/evidence/fields.h"

namespace glacis::cli {
namespace {

using evidence::member;
using evidence::number_of;
using evidence::text_of;

struct TraceArguments {
  std::string name, unit, lasting;
  pid_t pid = 0;
  bool refused = false;
};

Result<std::string> domain_of_pid(const kernel::Enforcer& enforcer, pid_t pid) {
  const auto id = enforcer.domain_of(pid);
  if (!id) return std::unexpected(id.error());
  const auto domains = enforcer.domains();
  if (!domains) return std::unexpected(domains.error());
  for (const kernel::Domain& one : *domains)
    if (*id && one.id == **id) return one.name;
  return fail(Exit::usage, fmt::format("process {} is not confined", pid),
              "`glacis status -v` lists what is; what `glacis run` started is its child");
}

// Of the unit's first process.
Result<std::string> domain_of_unit(const kernel::Enforcer& enforcer, const std::string& unit) {
  if (unit.empty() || unit.find('/') != std::string::npos)
    return fail(Exit::usage, fmt::format("`{}` is no unit's name", shown(unit)));
  std::ifstream processes("/sys/fs/cgroup/system.slice/" + unit + "/cgroup.procs");
  pid_t pid = 0;
  if (!(processes >> pid))
    return fail(Exit::usage, fmt::format("no process of {} runs in system.slice", shown(unit)),
                "give --pid or the profile's name");
  return domain_of_pid(enforcer, pid);
}

Result<std::string> domain_named(const TraceArguments& arguments) {
  const int given = !arguments.name.empty() + !arguments.unit.empty() + (arguments.pid != 0);
  if (given != 1) return fail(Exit::usage, "give one of NAME, --pid and --unit");
  const auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (arguments.pid != 0) return domain_of_pid(*enforcer, arguments.pid);
  if (!arguments.unit.empty()) return domain_of_unit(*enforcer, arguments.unit);
  if (const auto found = enforcer->find(arguments.name); !found)
    return std::unexpected(found.error());
  return arguments.name;
}

// What records have escaped stays as it is.
std::string field(const Json& json, const char* key) { return text_of(json, key).value_or("-"); }

std::string object_text(const Json& object) {
  if (const auto path = text_of(object, "path")) return *path;
  if (const auto address = text_of(object, "address"))
    return fmt::format("{} {}:{}", field(object, "socket"), *address,
                       number_of(object, "port").value_or(0));
  for (const char* key : {"socket", "profile", "ending"})
    if (const auto text = text_of(object, key)) return *text;
  return field(object, "kind");
}

std::string asked_text(const Json& record) {
  std::string out;
  for (const Json& one : member(record, "blockers"))
    if (one.is_string()) out += (out.empty() ? "" : " ") + one.get<std::string>();
  return out;
}

// Which rule, and of whose owner or what else.
std::string match_text(const Json& rule) {
  if (const auto file = text_of(rule, "file"))
    return fmt::format("{}:{}{}", *file, number_of(rule, "line").value_or(0),
                       text_of(rule, "text") ? "  " + *text_of(rule, "text") : "");
  const Json& near = member(rule, "near");
  return near.is_object() ? "no rule; the nearest is " + match_text(near) : "no rule";
}

void tell(const Output& out, const evidence::Event& event, const Json& record) {
  const Json& subject = member(record, "subject");
  const bool allowed = event.verdict.decision == GL_ALLOW;
  const bool enforced = event.mode != GL_MODE_OBSERVE && event.mode != GL_MODE_AUDIT;
  out.print("{} {}  {}  {}  {}\n", event.subject.pid, field(subject, "comm"), field(record, "hook"),
            object_text(member(record, "object")), asked_text(record));
  out.print("  subject   domain {}, uid {}, {}\n", field(record, "domain"), event.subject.uid,
            field(subject, "exe"));
  out.print("  match     {}\n", match_text(member(record, "rule")));
  out.print("  decide    {}, mode {} {}\n",
            allowed
                ? out.paint(Paint::green, "allow")
                : out.paint(Paint::red, "deny") + " by " + field(member(record, "rule"), "reason"),
            field(record, "mode"), allowed || !enforced ? "-> it passes" : "-> it is refused");
  (void)flush_output();
}

Result<int> run_trace(const Cli& cli, const TraceArguments& arguments) {
  if (auto root = need_root("trace"); !root) return std::unexpected(root.error());
  const auto lasting = parse_lasting(arguments.lasting);
  if (!lasting) return std::unexpected(lasting.error());
  const auto name = domain_named(arguments);
  if (!name) return std::unexpected(name.error());
  auto watch = watch_until_told(*name);
  if (!watch) return std::unexpected(watch.error());
  cli.out.say("{}: each distinct decision once{}\n", shown(*name),
              *lasting ? "" : ", until Ctrl-C");
  const auto followed =
      follow(*watch, *lasting, [&](const evidence::Event& event, const Json& record) {
        if (arguments.pid != 0 && event.subject.tgid != static_cast<std::uint32_t>(arguments.pid))
          return;
        if (arguments.refused && event.verdict.decision == GL_ALLOW) return;
        if (!cli.out.json) return tell(cli.out, event, record);
        Json line = record;
        line["schema"] = "glacis.decision/1";
        line["decision"] = event.verdict.decision == GL_ALLOW ? "allow" : "deny";
        cli.out.write_json(line);
        (void)flush_output();
      });
  if (!followed) return std::unexpected(followed.error());
  if (followed->lost != 0)
    cli.out.say("warning: {} found no room and are not told\n",
                counted(followed->lost, "decision"));
  return code(followed->lost != 0 ? Exit::partial : Exit::ok);
}

}  // namespace

void add_trace(Command app, Cli& cli) {
  const auto arguments = std::make_shared<TraceArguments>();
  Command command = app.add_command("trace", "Tell each decision about a domain, allowed ones too");
  command.add_option("NAME", arguments->name, "The profile");
  command.add_option("--pid", arguments->pid, "Of this process alone").type_name("PID");
  command.add_option("--unit", arguments->unit, "The profile that confines this unit")
      .type_name("UNIT");
  command.add_flag("--refused", arguments->refused, "Refusals alone");
  command.add_option("--for", arguments->lasting, "End after this time (default: at Ctrl-C)")
      .type_name("TIME");
  command.act(cli, [arguments, &cli] { return run_trace(cli, *arguments); });
}

}  // namespace glacis::cli
