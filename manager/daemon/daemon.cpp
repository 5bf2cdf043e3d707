// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "manager/daemon/others_log.h"
#include "manager/diag/render.h"
#include "manager/evidence/store.h"

namespace glacis::daemon {
namespace {

constexpr const char* run_folder = "/run/glacis";
constexpr const char* lock_path = "/run/glacis/daemon.lock";
constexpr const char* socket_group = "glacis";

// Events are moved at most so often, so that one sync takes many along; without
// events as often as the log tells that all is well (a minute), and once more.
constexpr std::chrono::milliseconds drain_pause{250};
constexpr std::chrono::seconds drain_after_failure{2};
constexpr std::chrono::seconds drain_idle{20};
// A command may hold the log's lock for a while; what still can't be drained then is no such thing.
constexpr unsigned failures_that_count = 3;
constexpr std::chrono::seconds look_pause{10};
// A host that enforces nothing is told within 5 seconds.
constexpr std::chrono::seconds guard_pause{2};
constexpr std::chrono::seconds longest_wait{60};

const Asker by_signal{"SIGHUP", 0, 0, {}};
const Asker by_change{"file", 0, 0, {}};
const Asker by_start{"glacisd", 0, 0, {}};

std::vector<fs::path> profile_folders() { return {shipped_folder, own_folder}; }

std::string text_of(const Json& record, const char* key) {
  const auto at = record.find(key);
  return at != record.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::string system_text(int error) { return std::generic_category().message(error); }

Result<Fd> open_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return fail(Exit::bug, "cannot wait for signals: " + system_text(errno));
  return fd;
}

}  // namespace

Daemon::Daemon(Say say)
    : say_(std::move(say)),
      policies_({host_, evidence_, storage_, clock_, files_, say_}, profile_folders()),
      control_(policies_, host_, say_),
      server_([this](ClientId client, const Peer& peer,
                     const Call& call) { return control_.call(client, peer, call); },
              clock_),
      watch_(profile_folders()),
      follow_(evidence::log_path),
      notify_(Notify::from_environment()),
      others_([this](audit::Record record) { return tasks_.look(std::move(record)); },
              write_heard) {}

Status Daemon::lock() {
  if (::geteuid() != 0) return fail(Exit::not_permitted, "glacisd needs root");
  // Clients must get to the socket in it; what else is in it is for root alone.
  if (::mkdir(run_folder, 0755) != 0 && errno != EEXIST)
    return fail(Exit::usage,
                std::string("cannot create ") + run_folder + ": " + system_text(errno));
  if (::chmod(run_folder, 0755) != 0)
    return fail(Exit::usage,
                std::string("cannot open up ") + run_folder + ": " + system_text(errno));
  lock_ = Fd(::open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock_) return fail(Exit::usage, std::string("cannot open ") + lock_path);
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Exit::usage, "another glacisd runs", "stop it first",
                "it goes on, and so does what is enforced");
  return {};
}

bool Daemon::configure() {
  const auto text = files_.read(config_path);
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  std::string problem;
  std::optional<Config> config;
  if (text) {
    config = parse_config(config_path, *text, diagnostics, sources);
    if (!config) problem = diag::render_concise(diagnostics, sources);
  } else if (text.error().kind == ReadFailure::Kind::missing) {
    config = Config{};
  } else {
    problem = fmt::format("{} {}", config_path, text.error().what);
  }
  while (problem.ends_with('\n')) problem.pop_back();
  if (!config) problem += "; what was configured before stays";
  control_.set_problem("configuration", problem);
  if (!config) return false;
  config_ = std::move(*config);
  Roles roles(config_, accounts_);
  for (const std::string& name : roles.unknown())
    say_(Level::warning, fmt::format("{}: this host has no {}", config_path, name));
  control_.set_roles(std::move(roles));
  return true;
}

Status Daemon::check_host() {
  auto able = host_.able();
  if (able || able.error().exit != Exit::kernel) return able;
  if (config_.on_no_lsm == OnNoLsm::fail) return able;
  say_(Level::error, "NOTHING IS ENFORCED: " + able.error().what + " (on_no_lsm is \"report\")");
  return {};
}

Exit Daemon::early() {
  const auto ends = [&](const Status& status) {
    if (!status) say_(Level::error, status.error().what);
    return status ? Exit::ok : status.error().exit;
  };
  if (auto locked = lock(); !locked) return ends(locked);
  configure();
  if (auto checked = check_host(); !checked) return ends(checked);
  const bool read = policies_.start();
  return policies_.restore() && read ? Exit::ok : Exit::partial;
}

Status Daemon::open() {
  if (auto locked = lock(); !locked) return locked;
  auto signals = open_signals();
  if (!signals) return std::unexpected(signals.error());
  signals_ = std::move(*signals);
  configure();
  if (auto checked = check_host(); !checked) return checked;
  if (auto watching = watch_.open(); !watching)
    control_.set_problem("watch", watching.error().what);
  return server_.listen(control_socket, accounts_.group(socket_group));
}

Exit Daemon::run() {
  if (auto opened = open(); !opened) {
    const std::string next = remedy_of(opened.error());
    say_(Level::error, opened.error().what + (next.empty() ? "" : "; ") + next);
    return opened.error().exit;
  }
  start();
  while (!stopping_) turn();
  drain();
  tell_others(true);
  say_(Level::info, "stopped; what is in force stays in force");
  return Exit::ok;
}

void Daemon::start() {
  guard_.begin();
  look_at_guard();
  control_.set_problem("audit", others_.open());
  policies_.start();
  policies_.restore();
  drain();
  follow_.skip();
  control_.reload(by_start);
}

void Daemon::turn() {
  std::vector<pollfd> waited;
  wait(waited);
  hear();
  take_signals();
  watch_.read(clock_.now());
  if (watch_.due(clock_.now())) {
    look_at_guard();
    configure();
    policies_.scan(Why::changed, by_change);
  }
  work();
  server_.serve(waited);
  server_.expire();
  look_after();
  publish();
}

void Daemon::wait(std::vector<pollfd>& waited) {
  waited.push_back({signals_.get(), POLLIN, 0});
  if (watch_.fd() >= 0) waited.push_back({watch_.fd(), POLLIN, 0});
  // A ring that is not to be read yet would end every wait at once.
  const bool ring = evidence_.ready_fd() >= 0 && clock_.now() >= drain_at_;
  if (ring) waited.push_back({evidence_.ready_fd(), POLLIN, 0});
  const std::size_t ring_at = waited.size() - 1;
  if (others_.fd() >= 0) waited.push_back({others_.fd(), POLLIN, 0});
  server_.wants(waited);
  const int count = ::poll(waited.data(), waited.size(), static_cast<int>(timeout().count()));
  if (count <= 0)
    for (pollfd& one : waited) one.revents = 0;
  if (ring && (waited[ring_at].revents & POLLIN)) drain_next_ = clock_.now();
}

Daemon::Time Daemon::timeout() const {
  if (policies_.busy() || server_.pending()) return Time(0);
  const Time now = clock_.now();
  Time at = std::min({now + longest_wait, look_at_, guard_at_, std::max(drain_next_, drain_at_)});
  if (evidence_.ready_fd() >= 0 && drain_at_ > now) at = std::min(at, drain_at_);
  for (const auto& one : {watch_.next(), server_.next(), others_.next(), rollback_at_})
    if (one) at = std::min(at, *one);
  if (notify_.interval()) at = std::min(at, alive_at_);
  return std::max(at - now, Time(0)) + Time(1);
}

void Daemon::take_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGHUP) {
      reload(by_signal);
    } else if (!stopping_) {
      stopping_ = true;
      notify_.stopping();
    }
  }
}

void Daemon::reload(const Asker& asker) {
  notify_.reloading();
  look_at_guard();
  configure();
  control_.reload(asker);
  settled_ = false;
}

void Daemon::work() {
  if (policies_.busy()) {
    settled_ = false;
    policies_.step();
    drain_next_ = clock_.now();  // there may be a ring now
  }
  if (policies_.busy()) return;
  control_.reloaded(server_);
  if (settled_) return;
  settled_ = true;
  notify_.ready(summary());
  ready_ = true;
  say_(Level::info, summary());
}

std::string Daemon::summary() const {
  std::size_t in_force = 0, broken = 0;
  for (const auto& [file, status] : policies_.files()) {
    in_force += status.state == FileState::in_force ? 1 : 0;
    broken += status.state == FileState::broken ? 1 : 0;
  }
  return fmt::format("{} files in force, {} broken, {} without a file", in_force, broken,
                     policies_.removed().size());
}

// What is due by the clock.
void Daemon::look_after() {
  const Time now = clock_.now();
  if (now >= drain_at_ && now >= drain_next_) drain();
  tell_others(false);
  rollback_at_ = policies_.tick();
  if (now >= guard_at_) look_at_guard();
  if (now >= look_at_) {
    look_at_ = now + look_pause;
    const auto able = host_.able();
    control_.set_problem("host", able ? "" : able.error().what);
    look_at_guard();  // what can be put back must not be made anew, without its labels
    if (able && !policies_.busy()) policies_.restore();
  }
  // The first sign of life starts the watchdog, and a first load may take longer than that waits.
  if (const auto interval = notify_.interval(); ready_ && interval && now >= alive_at_) {
    notify_.alive();
    alive_at_ = now + *interval;
  }
}

// Told once for each thing that is wrong, and once when all is well again.
void Daemon::look_at_guard() {
  guard_at_ = clock_.now() + guard_pause;
  const auto found = guard_.look();
  const auto tell = [&](const char* what, const std::string& text) {
    if (const auto told = evidence_.alarm(what, text); !told)
      say_(Level::error, "the guard can't be told in the evidence: " + told.error().what);
  };
  if (!found.restored.empty()) {
    say_(Level::error, "pins were gone and are put back: " + found.restored);
    tell("restored", "pins were gone and are put back: " + found.restored);
  }
  if (found.problem == guard_problem_) return;
  guard_problem_ = found.problem;
  control_.set_problem("guard", guard_problem_);
  tell(guard_problem_.empty() ? "well" : "broken",
       guard_problem_.empty() ? "what enforces is as it should be" : guard_problem_);
}

void Daemon::drain() {
  const auto count = evidence_.drain();
  const Time now = clock_.now();
  drain_at_ = now + (count ? Time(drain_pause) : Time(drain_after_failure));
  drain_next_ = now + drain_idle;
  control_.set_problem("evidence", count ? evidence_.trouble() : count.error().what);
  failed_drains_ = count ? 0 : failed_drains_ + 1;
  posture_.look(evidence_.unwritten() || failed_drains_ >= failures_that_count);
  control_.set_problem("on_evidence_failure", posture_.problem());
  recorded_ += count.value_or(0);
  control_.set_recorded(recorded_);
}

// First of all, as long as who was refused is still there.
void Daemon::hear() {
  if (others_.fd() < 0) return;
  others_.read(clock_.now());
  tasks_.get_ready();
}

void Daemon::tell_others(bool all) {
  if (others_.fd() < 0) return;
  const auto told = others_.flush(clock_.now(), all);
  control_.set_problem("audit", told ? "" : told.error().what);
}

// The end of the log, to those who watch it.
void Daemon::publish() {
  if (!server_.has_streams()) {
    followed_ = false;
    return;
  }
  if (!followed_) follow_.skip();
  followed_ = true;
  follow_.next([&](const std::string& line) {
    const Json record = Json::parse(line, nullptr, false);
    if (!record.is_object()) return;
    const std::string schema = text_of(record, "schema");
    if (schema == evidence::header_schema || schema == evidence::checkpoint_schema ||
        schema == evidence::heartbeat_schema)
      return;
    server_.publish(record, text_of(record, "domain"));
  });
}

}  // namespace glacis::daemon
