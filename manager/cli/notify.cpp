// SPDX-License-Identifier: Apache-2.0
// glacis notify: tells owners of refusals, by the routes of glacis.toml.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/daemon_client.h"
#include "manager/cli/host.h"
#include "manager/diag/render.h"
#include "manager/notify/notifier.h"

namespace glacis::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 200ms;     // an owner is told within a second
constexpr auto kLook = 5s;        // whether something came in force
constexpr auto kLastTries = 15s;  // longer than one delivery takes

struct NotifyArguments {
  std::string config = notify::config_path;
  std::string file;
  std::string state = notify::state_folder;
  bool follow = false;
  bool check = false;
};

Result<notify::Config> config_of(const Cli& cli, const NotifyArguments& arguments) {
  diag::SourceSet sources;
  diag::Diagnostics diagnostics;
  auto config = notify::read_config(arguments.config, sources, diagnostics);
  const auto colour = cli.out.coloured(STDERR_FILENO) ? diag::Colour::on : diag::Colour::off;
  cli.out.tell(diag::render_text(diagnostics, sources, colour));
  if (diagnostics.failed())
    return fail(Exit::usage, fmt::format("{} is at fault", shown(arguments.config)), {},
                "nobody was told anything");
  return config;
}

// Waits for the next tick; true once the program is to end.
bool ended(const sigset_t& signals) {
  const timespec tick{0, std::chrono::nanoseconds(kTick).count()};
  return ::sigtimedwait(&signals, nullptr, &tick) > 0;
}

sigset_t block_signals() {
  sigset_t out;
  ::sigemptyset(&out);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&out, signal);
  ::sigprocmask(SIG_BLOCK, &out, nullptr);
  return out;
}

// What the kernel recorded, moved to the log. Only this host's own, and only while no daemon
// does it: two would wait for each other.
class Source {
 public:
  Source(const Cli& cli, const NotifyArguments& arguments)
      : cli_(cli), own_(arguments.file.empty() && ::geteuid() == 0) {}

  void drain() {
    if (!own_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now >= look_) look(now);
    if (enforcer_) drain_evidence(cli_.out, *enforcer_);
  }

 private:
  void look(std::chrono::steady_clock::time_point now) {
    look_ = now + kLook;
    if (DaemonClient::find())
      enforcer_.reset();
    else if (!enforcer_)
      if (auto found = kernel::Enforcer::open(); found && *found) enforcer_ = std::move(*found);
  }

  const Cli& cli_;
  bool own_;
  std::optional<kernel::Enforcer> enforcer_;
  std::chrono::steady_clock::time_point look_{};
};

// Each trouble once, and when it is over.
class Troubles {
 public:
  void tell(const Cli& cli, const notify::Stats& stats) {
    for (const notify::SinkStats& sink : stats.sinks) {
      std::string& known = known_[sink.name];
      if (known == sink.trouble) continue;
      known = sink.trouble;
      cli.out.say("{}: {}\n", sink.name,
                  known.empty() ? "delivers again" : known + "; it is tried again");
    }
  }

 private:
  std::map<std::string, std::string> known_;
};

int report(const Cli& cli, const notify::Stats& stats) {
  std::uint64_t waiting = 0;
  for (const notify::SinkStats& sink : stats.sinks) {
    waiting += sink.waiting;
    if (!cli.out.json && (sink.sent || sink.waiting || sink.refused || sink.dropped))
      cli.out.print("{}: {} sent, {} waiting, {} refused, {} dropped\n", sink.name, sink.sent,
                    sink.waiting, sink.refused, sink.dropped);
  }
  if (cli.out.json) cli.out.write(notify::stats_json(stats));
  if (stats.unrouted != 0) cli.out.say("{} without a route\n", counted(stats.unrouted, "record"));
  return code(waiting == 0 ? Exit::ok : Exit::findings);
}

Result<int> notify_owners(const Cli& cli, const NotifyArguments& arguments) {
  auto config = config_of(cli, arguments);
  if (!config) return std::unexpected(config.error());
  if (arguments.check) return code(Exit::ok);
  const sigset_t signals = block_signals();
  notify::Places places;
  if (!arguments.file.empty()) places.log = arguments.file;
  places.state = arguments.state;
  auto notifier = notify::Notifier::open(std::move(*config), places);
  if (!notifier) return std::unexpected(notifier.error());
  if ((*notifier)->first_run()) cli.out.say("begins at the end of the log\n");
  Source source(cli, arguments);
  Troubles troubles;
  do {
    source.drain();
    if (auto status = (*notifier)->step(); !status) return std::unexpected(status.error());
    troubles.tell(cli, (*notifier)->stats());
  } while (arguments.follow && !ended(signals));
  const auto all = (*notifier)->finish(kLastTries);
  if (!all) return std::unexpected(all.error());
  troubles.tell(cli, (*notifier)->stats());
  return report(cli, (*notifier)->stats());
}

}  // namespace

void add_notify(Command app, Cli& cli) {
  const auto arguments = std::make_shared<NotifyArguments>();
  Command command = app.add_command("notify", "Tell owners of refusals");
  command.add_flag("--follow", arguments->follow, "Go on until a signal ends it");
  command.add_flag("--check", arguments->check, "Only say what is wrong with the configuration");
  command
      .add_option("--config", arguments->config,
                  "Sinks and routes (default /etc/glacis/glacis.toml)")
      .type_name("FILE");
  command.add_option("--file", arguments->file, "Read this log").type_name("FILE");
  command.add_option("--state", arguments->state, "Where cursor and spools are kept")
      .type_name("DIR");
  command.footer(
      "The first run begins at the end of the log. What can't be delivered stays in the\n"
      "spool for the next run. Exit status 1: messages wait there.");
  command.act(cli, [&cli, arguments] { return notify_owners(cli, *arguments); });
}

}  // namespace glacis::cli
