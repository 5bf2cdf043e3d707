// SPDX-License-Identifier: Apache-2.0
// What glacisd does for a command: glacis reload, confirm and watch.
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/daemon_client.h"
#include "manager/evidence/render.h"

namespace glacis::cli {
namespace {

Result<int> reload(const Cli& cli) {
  auto client = DaemonClient::need("reload");
  if (!client) return std::unexpected(client.error());
  const auto done = client->call("Reload");
  if (!done) return std::unexpected(done.error());
  const Json profiles = done->value("profiles", Json::array());
  const bool broken = done->value("broken", 0) != 0;
  if (cli.out.json) {
    Json out = {{"schema", "glacis.reload/1"}};
    out.update(*done);
    cli.out.write_json(out);
  } else if (!cli.out.quiet) {
    for (const Json& one : profiles) {
      const std::string name = member_text(one, "name");
      cli.out.print("{}: {}{}\n", shown(member_text(one, "path")), member_text(one, "state"),
                    name.empty() ? "" : fmt::format(" (profile {})", shown(name)));
    }
  }
  for (const Json& one : profiles)
    if (member_text(one, "state") == "broken" && !cli.out.json)
      cli.out.say("error: {}\n", shown(member_text(one, "problem")));
  return code(broken ? Exit::findings : Exit::ok);
}

Result<int> confirm(const Cli& cli, const std::string& name) {
  auto client = DaemonClient::need("confirm");
  if (!client) return std::unexpected(client.error());
  const auto done = client->call("Confirm", {{"name", name}});
  if (!done) return std::unexpected(done.error());
  if (cli.out.json) {
    cli.out.write_json({{"schema", "glacis.confirm/1"}, {"domain", shown(name)}, {"done", true}});
  } else if (!cli.out.quiet) {
    cli.out.print("{}: its mode is confirmed\n", shown(name));
  }
  return code(Exit::ok);
}

std::string line_of(const Json& record) {
  const std::string schema = member_text(record, "schema");
  if (schema == evidence::change_schema)
    return fmt::format("{}  {}: {}, mode {}\n", member_text(record, "time"),
                       shown(member_text(record, "domain")), member_text(record, "what"),
                       member_text(record, "mode"));
  const bool listed = schema == evidence::event_schema || schema == evidence::gap_schema ||
                      schema == evidence::undecoded_schema || schema == evidence::missed_schema;
  if (!listed) return fmt::format("{}  {}\n", member_text(record, "time"), shown(schema));
  return evidence::list_text({{{"", 0, record}}, {}});
}

struct Filter {
  std::string domain;
  std::string verdict;
};

Result<int> watch(const Cli& cli, const Filter& filter) {
  auto client = DaemonClient::need("watch");
  if (!client) return std::unexpected(client.error());
  Json parameters = Json::object();
  if (!filter.domain.empty()) parameters["domain"] = filter.domain;
  if (!cli.out.json) cli.out.say("watching; Ctrl-C ends it\n");
  const auto each = [&](const Json& reply) {
    const Json record = reply.value("record", Json::object());
    const auto lost = reply.value("lost", std::uint64_t{0});
    if (lost != 0) cli.out.say("{} records were not shown: this was too slow\n", lost);
    if (!filter.verdict.empty() && member_text(record, "verdict") != filter.verdict) return true;
    if (cli.out.json) {
      cli.out.write(evidence::show_json({"", 0, record}));
    } else {
      cli.out.write(line_of(record));
    }
    return flush_output();
  };
  if (const auto done = client->stream("Monitor", parameters, each); !done)
    return std::unexpected(done.error());
  return code(Exit::ok);
}

}  // namespace

void add_reload(Command app, Cli& cli) {
  Command command = app.add_command("reload", "Look into the folders of profiles again");
  command.footer(
      "glacisd loads what is new or changed. A broken file leaves in force what was.\n"
      "Exit status 1 where a file is broken.");
  command.act(cli, [&cli] { return reload(cli); });
}

void add_confirm(Command app, Cli& cli) {
  const auto name = std::make_shared<std::string>();
  Command command = app.add_command("confirm", "Keep a mode that was set for a time");
  command.add_option("NAME", *name, "Profile in force").required();
  command.act(cli, [&cli, name] { return confirm(cli, *name); });
}

void add_watch(Command app, Cli& cli) {
  const auto filter = std::make_shared<Filter>();
  Command command = app.add_command("watch", "Show records as they come");
  command.add_option("--domain", filter->domain, "Only this profile's").type_name("NAME");
  command
      .add_option("--verdict", filter->verdict, "denied, would_deny, observed or denied_by_other")
      .type_name("WORD")
      .one_of({"denied", "would_deny", "observed", "denied_by_other"});
  command.footer("With --json one record a line, as `glacis evidence list --json` has them.");
  command.act(cli, [&cli, filter] { return watch(cli, *filter); });
}

}  // namespace glacis::cli
