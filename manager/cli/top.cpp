// SPDX-License-Identifier: Apache-2.0
// glacis top: what is refused right now, domain by domain.
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "manager/base/fd.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/daemon_client.h"
#include "manager/cli/host.h"
#include "manager/cli/review_keys.h"
#include "manager/cli/status_daemon.h"
#include "manager/cli/top_table.h"
#include "manager/kernel/probe.h"
#include "manager/profile/mode.h"

namespace glacis::cli {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

TopSample of_daemon(const Json& status) {
  TopSample out{seconds_now(), {}, 0, status.value("enforcing", false)};
  for (const Json& one : status.value("domains", Json::array()))
    out.rows.push_back({shown_text(one, "name"), shown_text(one, "mode"),
                        member_number(one, "denied"), member_number(one, "would_deny"),
                        member_number(one, "probes")});
  out.lost = member_number(status.value("counters", Json::object()), "event_lost");
  return out;
}

Result<TopSample> of_kernel() {
  TopSample out{seconds_now(), {}, 0, true};
  const auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (!*enforcer) return out;
  const auto domains = (*enforcer)->domains();
  if (!domains) return std::unexpected(domains.error());
  for (const kernel::Domain& one : *domains)
    out.rows.push_back({shown(one.name), std::string(profile::mode_text(one.mode)), one.denied,
                        one.would_deny, one.probes});
  const auto counters = (*enforcer)->counters();
  if (!counters) return std::unexpected(counters.error());
  for (const kernel::Counter& one : *counters)
    if (one.name == "event_lost") out.lost = one.value;
  for (const kernel::Check& check : kernel::look_at_host())
    if (check.outcome == kernel::Outcome::fail) out.enforcing = false;
  return out;
}

// The daemon's word, and the kernel's to root where there is none.
Result<TopSample> sample() {
  if (const auto daemon = daemon_status()) {
    if (!*daemon) return std::unexpected(daemon->error());
    return of_daemon(**daemon);
  }
  if (auto root = need_root("top"); !root) return std::unexpected(root.error());
  return of_kernel();
}

Json to_json(const TopSample& before, const TopSample& now) {
  Json out = {{"schema", "glacis.top/1"},
              {"seconds", now.seconds - before.seconds},
              {"enforcing", now.enforcing},
              {"lost", now.lost},
              {"domains", Json::array()}};
  const auto rate = [](const std::optional<double>& each) { return each ? Json(*each) : Json(); };
  for (const TopLine& line : top_lines(&before, now))
    out["domains"].push_back({{"domain", line.row.name},
                              {"mode", line.row.mode},
                              {"denied", line.row.denied},
                              {"would_deny", line.row.would_deny},
                              {"probes", line.row.probes},
                              {"denied_per_second", rate(line.rates.denied)},
                              {"would_deny_per_second", rate(line.rates.would_deny)},
                              {"probes_per_second", rate(line.rates.probes)}});
  return out;
}

// Not a terminal: one table, of one interval.
Result<int> once(const Cli& cli, double interval) {
  const auto before = sample();
  if (!before) return std::unexpected(before.error());
  std::this_thread::sleep_for(std::chrono::duration<double>(interval));
  const auto now = sample();
  if (!now) return std::unexpected(now.error());
  if (cli.out.json) {
    cli.out.write_json(to_json(*before, *now));
  } else {
    cli.out.write(top_text(&*before, *now, 200, now->rows.size() + 3));
  }
  return code(Exit::ok);
}

// Ctrl-C and the like, which would leave the terminal without an echo.
Fd blocked_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return Fd(::signalfd(-1, &set, SFD_CLOEXEC));
}

// Whether a key or a signal ends it, waiting for one as long as the interval is.
bool left(const NextKey& keys, const Fd& signals, double interval) {
  std::array waiting = {pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{signals.get(), POLLIN, 0}};
  if (::poll(waiting.data(), waiting.size(), static_cast<int>(interval * 1000)) <= 0) return false;
  if (waiting[1].revents != 0) return true;
  const auto key = keys();
  return !key || *key == 'q';
}

Result<int> live(const Cli& cli, double interval) {
  const Fd signals = blocked_signals();
  const NextKey keys = terminal_keys();
  std::optional<TopSample> before;
  for (;;) {
    auto now = sample();
    if (!now) return std::unexpected(now.error());
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size = {24, 80, 0, 0};
    cli.out.write("\x1b[H\x1b[2J" +
                  top_text(before ? &*before : nullptr, *now, size.ws_col, size.ws_row));
    if (!flush_output()) return code(Exit::ok);
    before = std::move(*now);
    if (left(keys, signals, interval)) return code(Exit::ok);
  }
}

Result<int> top(const Cli& cli, double interval) {
  const bool screen = !cli.out.json && ::isatty(STDOUT_FILENO) != 0 && ::isatty(STDIN_FILENO) != 0;
  return screen ? live(cli, interval) : once(cli, interval);
}

}  // namespace

void add_top(Command app, Cli& cli) {
  const auto interval = std::make_shared<double>(2);
  Command command = app.add_command("top", "Show what is refused right now, by domain");
  command.add_option("--interval", *interval, "Between two looks; 2 without")
      .type_name("SECONDS")
      .between(0.1, 3600.0);
  command.footer(
      "On a terminal the table is drawn again and again; q leaves. Elsewhere, and with\n"
      "--json, it is shown once, of one interval.");
  command.act(cli, [&cli, interval] { return top(cli, *interval); });
}

}  // namespace glacis::cli
