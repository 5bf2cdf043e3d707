// SPDX-License-Identifier: Apache-2.0
#include "manager/backend/apparmor/compile.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/base/file.h"

namespace glacis::apparmor {
namespace {

constexpr std::size_t kLargest = std::size_t{64} << 20;
constexpr std::size_t kLongestSaid = std::size_t{64} << 10;
// An emulated machine takes half a minute for what a real one does in one second.
constexpr int kPatience = 300'000;  // milliseconds

std::string broken(const char* what) {
  return fmt::format("cannot {} for apparmor_parser: {}", what, std::strerror(errno));
}

// Memory takes whatever the child writes in whatever order: no pipe that fills up.
Result<Fd> memory(const std::string& text) {
  Fd fd(::memfd_create("glacis-apparmor", MFD_CLOEXEC));
  if (!fd) return fail(Exit::bug, broken("make memory"));
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = ::write(fd.get(), text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return fail(Exit::bug, broken("write text"));
    done += static_cast<std::size_t>(wrote);
  }
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return fail(Exit::bug, broken("rewind memory"));
  return fd;
}

Result<std::string> contents(const Fd& fd, std::size_t limit) {
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return fail(Exit::bug, broken("rewind memory"));
  auto text = read_descriptor(fd.get(), limit);
  if (!text) return fail(Exit::usage, "what apparmor_parser answers " + text.error().what);
  return std::move(*text);
}

class Actions {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  void place(const Fd& fd, int at) { ::posix_spawn_file_actions_adddup2(&actions_, fd.get(), at); }
  void close_others() { ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// The status as wait(2) tells it. Who takes too long is ended.
Result<int> wait_for(pid_t child) {
  // glibc 2.36 declares pidfd_open for C alone.
  const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd ready{handle.get(), POLLIN, 0};
  int polled = -1;
  if (handle)
    while ((polled = ::poll(&ready, 1, kPatience)) < 0 && errno == EINTR) {
    }
  if (polled <= 0) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return fail(Exit::bug, broken("wait"));
  if (polled <= 0)
    return fail(Exit::usage,
                fmt::format("apparmor_parser did not end within {} seconds", kPatience / 1000));
  return status;
}

// Its words, with the answer's bytes.
Result<Compiled> ask(const std::string& parser, std::vector<std::string> words,
                     const std::string& text) {
  const auto input = memory(text), output = memory({}), said = memory({});
  for (const auto* each : {&input, &output, &said})
    if (!*each) return std::unexpected(each->error());
  Actions actions;
  actions.place(*input, STDIN_FILENO);
  actions.place(*output, STDOUT_FILENO);
  actions.place(*said, STDERR_FILENO);
  actions.close_others();
  words.insert(words.begin(), "apparmor_parser");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", language = "LC_ALL=C";
  std::array<char*, 3> environment = {path.data(), language.data(), nullptr};
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, parser.c_str(), actions.get(), nullptr, arguments.data(),
                                   environment.data());
  if (failed != 0)
    return fail(Exit::usage, fmt::format("cannot start {}: {}", parser, std::strerror(failed)));
  const auto status = wait_for(child);
  if (!status) return std::unexpected(status.error());
  auto words_said = contents(*said, kLongestSaid);
  if (!words_said) return std::unexpected(words_said.error());
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    const std::string first = words_said->substr(0, words_said->find('\n'));
    return fail(Exit::usage,
                fmt::format("{} refuses the profile: {}", parser,
                            first.empty() ? "without a word" : escape(first, Backslash::keep)));
  }
  auto answer = contents(*output, kLargest);
  if (!answer) return std::unexpected(answer.error());
  return Compiled{std::move(*answer), std::move(*words_said)};
}

}  // namespace

std::string find_parser() {
  for (const char* path : {"/usr/sbin/apparmor_parser", "/sbin/apparmor_parser"})
    if (::access(path, X_OK) == 0) return path;
  return {};
}

Result<Compiled> compile(const std::string& parser, const std::string& text,
                         const std::string& features) {
  std::vector<std::string> words = {"--stdout", "--skip-cache"};
  if (!features.empty()) words.push_back("--features-file=" + features);
  auto out = ask(parser, std::move(words), text);
  if (out && out->binary.empty())
    return fail(Exit::usage, parser + " makes nothing of the profile");
  return out;
}

Result<std::string> ask_version(const std::string& parser) {
  auto out = ask(parser, {"--version"}, {});
  if (!out) return std::unexpected(out.error());
  return std::move(out->binary);
}

}  // namespace glacis::apparmor
