// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/status_daemon.h"

#include <algorithm>

#include "manager/cli/daemon_client.h"

namespace glacis::cli {
namespace {

Json list(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_array() ? *at : Json::array();
}

bool enforcing(const Json& status) {
  const auto at = status.find("enforcing");
  return at != status.end() && at->is_boolean() && at->get<bool>();
}

void print_table(const Output& out, const Json& domains) {
  out.print("{:<16} {:<8} {:<12} {:>10} {:>10} {:>8}\n", "DOMAIN", "MODE", "IMAGE", "DENIED",
            "WOULD-DENY", "PROBES");
  for (const Json& one : domains) {
    const std::string image = shown_text(one, "image");
    out.print("{:<16} {:<8} {:<12} {:>10} {:>10} {:>8}\n", shown_text(one, "name"),
              shown_text(one, "mode"),
              image.substr(std::min(image.size(), image.find(':') + 1), 12),
              grouped(member_number(one, "denied")), grouped(member_number(one, "would_deny")),
              grouped(member_number(one, "probes")));
  }
  for (const Json& one : domains)
    if (const auto held = one.find("held"); held != one.end() && *held == true)
      out.print("{}\n", held_text(shown_text(one, "name")));
}

}  // namespace

std::string held_text(const std::string& name) {
  return fmt::format(
      "HELD      {}: everything is refused, since its refusals can't be written to the log", name);
}

std::optional<Result<Json>> daemon_status() {
  auto client = DaemonClient::find();
  if (!client) return std::nullopt;
  return client->call("Status");
}

Json daemon_part(const Json& status) {
  Json out = Json::object();
  for (const char* key : {"version", "enforcing", "problems", "profiles", "removed", "rollbacks"})
    if (const auto at = status.find(key); at != status.end()) out[key] = *at;
  return out;
}

void print_daemon(const Output& out, const Json& status) {
  out.print("glacisd  {} · {} recorded\n", shown_text(status, "version"),
            counted(member_number(status, "recorded"), "event"));
  for (const Json& problem : list(status, "problems"))
    if (problem.is_string())
      out.print("  {} {}\n", out.paint(Paint::red, "problem:"), shown(problem.get<std::string>()));
  for (const Json& one : list(status, "profiles")) {
    const std::string state = shown_text(one, "state");
    if (state == "in force" && !out.verbose) continue;
    out.print(
        "  {}: {}{}{}\n", shown_text(one, "path"),
        state == "broken" ? out.paint(Paint::red, state) : state,
        shown_text(one, "problem").empty() ? "" : "; what was in force stays in force\n    > ",
        shown_text(one, "problem"));
  }
  for (const Json& name : list(status, "removed"))
    if (name.is_string())
      out.print("  {}: in force, and its file is gone\n", shown(name.get<std::string>()));
  for (const Json& one : list(status, "rollbacks"))
    out.print("  {0}: goes back to {1} in {2} s unless you say: glacis confirm {0}\n",
              shown_text(one, "name"), shown_text(one, "to"), member_number(one, "seconds"));
}

Result<int> show_daemon_status(const Cli& cli, const Result<Json>& status,
                               const std::string& name) {
  if (!status) return std::unexpected(status.error());
  Json domains = list(*status, "domains");
  if (!name.empty())
    std::erase_if(domains.get_ref<Json::array_t&>(),
                  [&](const Json& one) { return shown_text(one, "name") != shown(name); });
  if (!name.empty() && domains.empty())
    return fail(Exit::usage, fmt::format("no profile `{}` is loaded", shown(name)),
                "`glacis status` lists them");
  if (cli.out.json) {
    for (Json& one : domains) {
      Json named = {{"domain", shown_text(one, "name")}};
      one.erase("name");
      named.update(one);
      one = std::move(named);
    }
    cli.out.write_json({{"schema", "glacis.status/1"},
                        {"in_force", !domains.empty()},
                        {"domains", domains},
                        {"counters", status->value("counters", Json::object())},
                        {"hooks", list(*status, "hooks")},
                        {"daemon", daemon_part(*status)}});
  } else {
    if (domains.empty()) {
      cli.out.print("nothing is in force on this host\n");
    } else {
      print_table(cli.out, domains);
    }
    print_daemon(cli.out, *status);
  }
  return code(!domains.empty() && !enforcing(*status) ? Exit::partial : Exit::ok);
}

}  // namespace glacis::cli
