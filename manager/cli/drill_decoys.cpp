// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/drill_decoys.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

#include "manager/base/file.h"
#include "manager/cli/output.h"

namespace glacis::cli {
namespace {

namespace fs = std::filesystem;
using drill::DecoyKind;
using drill::ProbeKind;

constexpr std::string_view kText = "a decoy of glacis drill; it may be removed\n";
constexpr std::size_t kLargestDecoy = 4096;
constexpr int kLooks = 20;
constexpr unsigned kBetweenLooks = 50'000;  // microseconds

std::unexpected<Error> cannot(const std::string& what, int error) {
  return fail(Exit::usage,
              fmt::format("cannot make {}: {}", what, std::generic_category().message(error)));
}

// Whether and how something is there, in words that change with it. What is written
// within one tick of the clock leaves the times as they were.
std::string state_of(const std::string& path) {
  struct stat st{};
  if (::lstat(path.c_str(), &st) != 0) return "absent";
  std::string out = fmt::format("{} {} {} {} {}.{} ", st.st_ino, st.st_mode, st.st_size,
                                st.st_nlink, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  if (S_ISREG(st.st_mode)) out += read_file(path, kLargestDecoy).value_or("");
  return out;
}

bool is_there(const std::string& path) {
  struct stat st{};
  return ::lstat(path.c_str(), &st) == 0;
}

// Of a child that is a decoy: ends with us, and by nothing but SIGKILL or SIGTERM.
void stand_alone() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &usual, nullptr);
}

// Sends back what comes, and tells of each connection by a byte.
[[noreturn]] void serve(int listener, int heard) {
  for (;;) {
    const Fd one(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (!one) ::_exit(0);
    char bytes[256];
    if (::write(heard, "x", 1) != 1) ::_exit(0);
    const ssize_t got = ::recv(one.get(), bytes, sizeof bytes, 0);
    if (got > 0 && ::send(one.get(), bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL) < 0)
      ::_exit(0);
  }
}

bool ended(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

Status make_program(const fs::path& act, const std::string& path) {
  std::string words[] = {act.native(), "--make", "elf", path};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  char* environment[] = {nullptr};
  pid_t child = 0;
  if (const int error = ::posix_spawn(&child, argv[0], nullptr, nullptr, argv, environment);
      error != 0)
    return cannot(path, error);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status == 0 ? Status() : cannot(path, EIO);
}

}  // namespace

Result<Decoys> Decoys::make(const Stage& stage, const drill::Step& step) {
  Decoys out(stage, step);
  for (const drill::Decoy& decoy : step.decoys)
    if (auto done = out.add(decoy); !done) return std::unexpected(done.error());
  if (step.probe.path.empty()) return out;
  const std::string path = out.placed(step.probe.path);
  if (step.probe.kind == ProbeKind::appears && is_there(path)) return cannot(path, EEXIST);
  out.before_ = state_of(path);
  return out;
}

Decoys::Decoys(Decoys&& other) noexcept
    : stage_(other.stage_),
      step_(other.step_),
      made_(std::exchange(other.made_, {})),
      processes_(std::exchange(other.processes_, {})),
      victim_(std::exchange(other.victim_, 0)),
      port_(other.port_),
      heard_(std::move(other.heard_)),
      before_(std::move(other.before_)) {}

Decoys::~Decoys() { (void)clear(); }

std::string Decoys::placed(std::string text) const {
  const std::pair<std::string_view, std::string> places[] = {{"{scratch}", stage_->scratch},
                                                             {"{id}", stage_->id},
                                                             {"{pid}", std::to_string(victim_)},
                                                             {"{port}", std::to_string(port_)}};
  for (const auto& [name, value] : places)
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at))
      text.replace(at, name.size(), value);
  return text;
}

std::vector<std::string> Decoys::words() const {
  std::vector<std::string> out;
  for (const std::string& word : step_->act) out.push_back(placed(word));
  return out;
}

Status Decoys::add(const drill::Decoy& decoy) {
  const std::string path = placed(decoy.path);
  switch (decoy.kind) {
    case DecoyKind::file:
      return add_file(path);
    case DecoyKind::program:
      if (is_there(path)) return cannot(path, EEXIST);
      made_.push_back(path);
      return make_program(stage_->act, path);
    case DecoyKind::folder:
      if (::mkdir(path.c_str(), 0700) != 0) return cannot(path, errno);
      made_.push_back(path);
      return {};
    case DecoyKind::process:
      return add_process();
    case DecoyKind::listener:
      return add_listener();
  }
  return {};
}

// What is there already is not ours, and stays.
Status Decoys::add_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return cannot(path, errno);
  made_.push_back(path);
  if (::write(fd.get(), kText.data(), kText.size()) != static_cast<ssize_t>(kText.size()))
    return cannot(path, errno);
  return {};
}

Status Decoys::add_process() {
  const pid_t child = ::fork();
  if (child < 0) return cannot("a process", errno);
  if (child == 0) {
    stand_alone();
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    for (;;) ::pause();
  }
  processes_.push_back(child);
  victim_ = child;
  return {};
}

Status Decoys::add_listener() {
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  socklen_t size = sizeof at;
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int ends[2];
  if (!listener || ::bind(listener.get(), reinterpret_cast<sockaddr*>(&at), size) != 0 ||
      ::listen(listener.get(), 8) != 0 ||
      ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0 ||
      ::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return cannot("a server", errno);
  heard_ = Fd(ends[0]);
  const Fd heard(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return cannot("a server", errno);
  if (child == 0) {
    stand_alone();
    serve(listener.get(), heard.get());
  }
  processes_.push_back(child);
  port_ = ntohs(at.sin_port);
  return {};
}

bool Decoys::seen() const {
  switch (step_->probe.kind) {
    case ProbeKind::appears:
      return is_there(placed(step_->probe.path));
    case ProbeKind::changes:
      return state_of(placed(step_->probe.path)) != before_;
    case ProbeKind::ends:
      return ended(victim_);
    case ProbeKind::hears: {
      pollfd waiting{heard_.get(), POLLIN, 0};
      return ::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0;
    }
    case ProbeKind::none:
      break;
  }
  return false;
}

std::optional<bool> Decoys::look(bool waits) const {
  if (step_->probe.kind == ProbeKind::none) return std::nullopt;
  for (int i = 0; waits && i < kLooks && !seen(); ++i) ::usleep(kBetweenLooks);
  return seen();
}

std::string Decoys::clear() {
  for (const pid_t pid : processes_) {
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  processes_.clear();
  if (step_->probe.kind == ProbeKind::appears) made_.push_back(placed(step_->probe.path));
  std::string left;
  for (; !made_.empty(); made_.pop_back()) {
    const std::string& path = made_.back();
    // What an act mounted on a folder of ours; a file system that was there before
    // is no folder that we made.
    while (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
    }
    std::error_code error;
    fs::remove(path, error);
    if (error) left += fmt::format("{}{}", left.empty() ? "" : ", ", path);
  }
  return left;
}

}  // namespace glacis::cli
