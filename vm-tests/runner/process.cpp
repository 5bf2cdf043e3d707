// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/runner/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace glacis::scenario {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

void close_fd(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

struct Pipe {
  std::array<int, 2> ends{-1, -1};

  bool open() { return pipe2(ends.data(), O_CLOEXEC) == 0; }
  ~Pipe() {
    close_fd(ends[0]);
    close_fd(ends[1]);
  }
  int take(std::size_t end) { return std::exchange(ends[end], -1); }
};

[[noreturn]] void become(const std::vector<std::string>& argv, int in, int out, int err) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  setpgid(0, 0);
  std::signal(SIGPIPE, SIG_DFL);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execvp(words[0], words.data());
  dprintf(STDERR_FILENO, "cannot run %s: %s\n", words[0], std::strerror(errno));
  _exit(127);
}

int left_ms(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

// False at the end of the stream.
bool read_into(int& fd, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t n = read(fd, buffer.data(), buffer.size());
  if (n > 0) text.append(buffer.data(), static_cast<std::size_t>(n));
  if (n > 0 || (n < 0 && errno == EINTR)) return true;
  close_fd(fd);
  return false;
}

int exit_status(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& argv) {
  Pipe in;
  Pipe out;
  Pipe err;
  if (argv.empty() || !in.open() || !out.open() || !err.open()) {
    return fail(Exit::usage, "cannot make a pipe");
  }
  const pid_t pid = fork();
  if (pid < 0) return fail(Exit::usage, fmt::format("cannot fork: {}", std::strerror(errno)));
  if (pid == 0) become(argv, in.ends[0], out.ends[1], err.ends[1]);
  setpgid(pid, pid);
  return Child(pid, in.take(1), out.take(0), err.take(0));
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      in_(std::exchange(other.in_, -1)),
      out_(std::exchange(other.out_, -1)),
      err_(std::exchange(other.err_, -1)),
      pending_(std::move(other.pending_)) {}

Child::~Child() {
  stop();
  close_fd(in_);
  close_fd(out_);
  close_fd(err_);
}

void Child::stop() {
  if (pid_ < 0) return;
  kill(-pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::string Child::read_line(milliseconds limit) {
  const auto end = Clock::now() + limit;
  while (out_ >= 0) {
    const auto newline = pending_.find('\n');
    if (newline != std::string::npos) {
      std::string line = pending_.substr(0, newline);
      pending_.erase(0, newline + 1);
      return line;
    }
    pollfd wait{.fd = out_, .events = POLLIN, .revents = 0};
    if (poll(&wait, 1, left_ms(end)) <= 0 || !read_into(out_, pending_)) break;
  }
  return {};
}

void Child::write_line(std::string_view line) {
  const std::string text = std::string(line) + '\n';
  if (in_ >= 0 && write(in_, text.data(), text.size()) < 0) close_fd(in_);
}

void Child::close_input() { close_fd(in_); }

// False when nothing came in time.
bool Child::read_some(Finished& result, int timeout_ms) {
  std::array<pollfd, 2> waits{pollfd{.fd = out_, .events = POLLIN, .revents = 0},
                              pollfd{.fd = err_, .events = POLLIN, .revents = 0}};
  const int ready = poll(waits.data(), waits.size(), timeout_ms);
  if (ready < 0) return errno == EINTR;
  if (ready == 0) return false;
  if (waits[0].revents != 0) read_into(out_, result.out);
  if (waits[1].revents != 0) read_into(err_, result.err);
  return true;
}

Finished Child::finish(milliseconds limit) {
  const auto end = Clock::now() + limit;
  Finished result;
  result.out = std::move(pending_);
  close_input();
  while (out_ >= 0 || err_ >= 0) {
    if (read_some(result, left_ms(end))) continue;
    result.timed_out = true;
    kill(-pid_, SIGKILL);
    break;
  }
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  result.status = exit_status(status);
  return result;
}

Finished run(const std::vector<std::string>& argv, milliseconds limit) {
  Result<Child> child = Child::start(argv);
  if (!child) return {.status = 127, .err = child.error().what};
  return child->finish(limit);
}

Finished run_shell(const std::string& line, milliseconds limit) {
  return run({"/bin/sh", "-c", line}, limit);
}

}  // namespace glacis::scenario
