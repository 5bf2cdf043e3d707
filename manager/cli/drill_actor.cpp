// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/drill_actor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

#include "manager/cli/output.h"

namespace glacis::cli {
namespace {

using Clock = std::chrono::steady_clock;

// Longer than glacis-act gives an act.
constexpr std::chrono::seconds kPatience{100};
constexpr std::size_t kLongestLine = 8192;

volatile std::sig_atomic_t g_stop = 0;

extern "C" void ask_to_stop(int) { g_stop = 1; }

std::string reason(int error) { return std::generic_category().message(error); }

struct Pipe {
  Fd read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return fail(Exit::usage, fmt::format("cannot make a pipe: {}", reason(errno)));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// Dies with us, is no part of our terminal's group, and has nothing of ours open.
[[noreturn]] void become(const std::filesystem::path& program, int in, int out) {
  std::string path = program.native(), option = "--batch";
  char* words[] = {path.data(), option.data(), nullptr};
  char* environment[] = {nullptr};
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::sigaction(signal, &usual, nullptr);
  const int nothing = ::open("/dev/null", O_RDWR);
  if (nothing < 0 || ::dup2(in, STDIN_FILENO) < 0 || ::dup2(out, STDOUT_FILENO) < 0 ||
      ::dup2(nothing, STDERR_FILENO) < 0 || ::chdir("/") != 0)
    ::_exit(126);
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(path.c_str(), words, environment);
  ::_exit(127);
}

}  // namespace

Stopping::Stopping() {
  struct sigaction action{};  // without SA_RESTART: a wait ends
  action.sa_handler = ask_to_stop;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

bool Stopping::asked() { return g_stop != 0; }

Status check_program(const std::filesystem::path& program) {
  struct stat st{};
  if (::stat(program.c_str(), &st) != 0)
    return fail(Exit::usage,
                fmt::format("cannot find {}: {}", shown(program.native()), reason(errno)),
                "install the package of the tests, or give the folder that holds it with --from",
                "nothing was tried");
  const bool ours = st.st_uid == 0 || st.st_uid == ::geteuid();
  if (S_ISREG(st.st_mode) && ours && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return fail(
      Exit::usage,
      fmt::format("{} could have been written by others than root", shown(program.native())),
      "install it again", "nothing was tried");
}

Result<Actor> Actor::start(const std::filesystem::path& program) {
  auto to = make_pipe(), from = make_pipe();
  if (!to) return std::unexpected(to.error());
  if (!from) return std::unexpected(from.error());
  const pid_t child = ::fork();
  if (child < 0) return fail(Exit::usage, fmt::format("cannot fork: {}", reason(errno)));
  if (child == 0) become(program, to->read.get(), from->write.get());
  Actor out(child, std::move(to->write), std::move(from->read));
  to->read.reset();
  from->write.reset();
  const drill::Try first = out.act("ready", {"task.nothing"});
  if (!first.ok)
    return fail(Exit::usage,
                fmt::format("{} does not work: {}", shown(program.native()),
                            shown(first.trouble.empty() ? first.detail : first.trouble)),
                "give the folder of another one with --from", "nothing was tried");
  return out;
}

Actor::Actor(Actor&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      in_(std::move(other.in_)),
      out_(std::move(other.out_)),
      rest_(std::move(other.rest_)) {}

Actor::~Actor() { end(); }

void Actor::end() {
  if (pid_ == 0) return;
  ::kill(-pid_, SIGKILL);  // with what an act left behind
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

std::string Actor::read_line(Clock::time_point until, std::string& trouble) {
  for (;;) {
    if (const auto at = rest_.find('\n'); at != std::string::npos) {
      std::string line = rest_.substr(0, at);
      rest_.erase(0, at + 1);
      return line;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (rest_.size() > kLongestLine || left.count() <= 0) break;
    pollfd waiting{out_.get(), POLLIN, 0};
    char bytes[1024];
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (Stopping::asked()) {
      trouble = "the drill was asked to end";
      return {};
    }
    if (ready < 0 && errno == EINTR) continue;
    const ssize_t got = ready > 0 ? ::read(out_.get(), bytes, sizeof bytes) : 0;
    if (got <= 0) break;
    rest_.append(bytes, static_cast<std::size_t>(got));
  }
  trouble = "glacis-act gave no answer";
  return {};
}

drill::Try Actor::act(const std::string& id, const std::vector<std::string>& words) {
  drill::Try out;
  if (pid_ == 0) {
    out.trouble = "glacis-act was ended before";
    return out;
  }
  std::string line = id;
  for (const std::string& word : words) line += ' ' + word;
  line += '\n';
  if (::write(in_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    out.trouble = "glacis-act is gone";
  std::string answer;
  if (out.trouble.empty()) answer = read_line(Clock::now() + kPatience, out.trouble);
  if (!out.trouble.empty()) {
    end();  // an answer that comes late would be taken for the next one's
    return out;
  }
  return drill::parse_try(answer, id);
}

}  // namespace glacis::cli
