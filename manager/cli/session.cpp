// SPDX-License-Identifier: Apache-2.0
// glacis session: for a time, sessions of one container get another profile than the
// container's. The kernel ends it: this command only says until when, and writes down who
// asked for it and why.

#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/base/escape.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/decisions.h"
#include "manager/cli/host.h"
#include "manager/evidence/names.h"
#include "manager/oci/containers.h"

namespace glacis::cli {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::size_t reason_max = 1024;

struct SessionArguments {
  std::string container;
  std::string profile;
  std::string lasting;
  std::string reason;
};

std::int64_t now(clockid_t clock) {
  timespec at{};
  ::clock_gettime(clock, &at);
  return at.tv_sec * second + at.tv_nsec;
}

// By its id, or else by a name that no other has.
Result<oci::Container> find_container(const std::string& word) {
  std::vector<oci::Container> named;
  for (oci::Container& one : oci::Containers().all()) {
    if (one.id == word) return std::move(one);
    if (one.names.name == word) named.push_back(std::move(one));
  }
  if (named.size() == 1) return std::move(named.front());
  return fail(Exit::usage,
              fmt::format("{} container `{}` runs under a profile",
                          named.empty() ? "no" : "more than one", shown(word)),
              named.empty() ? "" : "give its id", "nothing was changed");
}

Status check(const SessionArguments& arguments) {
  if (arguments.reason.find_first_not_of(" \t") == std::string::npos)
    return fail(Exit::usage, "a session needs a reason", "say why with --reason TEXT",
                "nothing was changed");
  if (arguments.reason.size() > reason_max)
    return fail(Exit::usage, "the reason is too long", "the log takes 1024 bytes",
                "nothing was changed");
  return {};
}

// The log comes first: what can't be written down is not granted.
Status record(const SessionArguments& arguments, const oci::Container& container,
              const kernel::Domain& domain, const std::string& until) {
  return try_record_change("session", domain,
                           {{"user", login_user()},
                            {"container", shown(container.id)},
                            {"instead_of", shown(container.profile)},
                            {"until", until},
                            {"reason", escape(arguments.reason)}});
}

Result<int> grant(const Cli& cli, const SessionArguments& arguments) {
  if (auto root = need_root("session"); !root) return std::unexpected(root.error());
  if (auto good = check(arguments); !good) return std::unexpected(good.error());
  const auto lasting = parse_lasting(arguments.lasting);
  if (!lasting) return std::unexpected(lasting.error());
  const auto container = find_container(arguments.container);
  if (!container) return std::unexpected(container.error());
  auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  const auto domain = enforcer->find(arguments.profile);
  if (!domain) return std::unexpected(domain.error());
  const std::int64_t length = (*lasting)->count() * second;
  const std::string until = evidence::time_text(now(CLOCK_REALTIME) + length);
  if (auto done = record(arguments, *container, *domain, until); !done)
    return std::unexpected(done.error());
  const auto end = static_cast<std::uint64_t>(now(CLOCK_BOOTTIME) + length);
  if (auto done = enforcer->grant_session(container->cgroup, domain->name, end); !done)
    return std::unexpected(done.error());
  if (cli.out.json)
    cli.out.write_json({{"schema", "glacis.session/1"},
                        {"container", shown(container->id)},
                        {"profile", shown(domain->name)},
                        {"instead_of", shown(container->profile)},
                        {"until", until}});
  else if (!cli.out.quiet)
    cli.out.print("{}: sessions get the profile {} instead of {} until {}\n", shown(container->id),
                  shown(domain->name), shown(container->profile), until);
  return code(Exit::ok);
}

}  // namespace

void add_session(Command app, Cli& cli) {
  const auto arguments = std::make_shared<SessionArguments>();
  Command command =
      app.add_command("session", "Give sessions of a container another profile for a time");
  command.add_option("CONTAINER", arguments->container, "Its id or name").required();
  command.add_option("--profile", arguments->profile, "Profile in force")
      .type_name("NAME")
      .required();
  command.add_option("--for", arguments->lasting, "How long").type_name("TIME").required();
  command.add_option("--reason", arguments->reason, "Why, for the log")
      .type_name("TEXT")
      .required();
  command.footer(
      "What `runc exec` or `podman exec` starts gets the profile until then, by the kernel's\n"
      "clock. What still runs then enters the container's profile at its next exec. Who asked,\n"
      "why and until when is in the evidence log first. Granted again, the new time counts.");
  command.act(cli, [&cli, arguments] { return grant(cli, *arguments); });
}

}  // namespace glacis::cli
