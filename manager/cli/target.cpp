// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/target.h"

#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "manager/base/escape.h"
#include "manager/base/file.h"

extern char** environ;

namespace glacis::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGroups = "/sys/fs/cgroup";
constexpr int kDeepest = 8;

volatile std::sig_atomic_t g_end = 0;
extern "C" void note_end(int) { g_end = 1; }

// The processes in a control group and in those below it.
void add_members(const fs::path& group, std::vector<pid_t>& out) {
  if (const auto text = read_file(group / "cgroup.procs", std::size_t{1} << 20)) {
    std::istringstream numbers(*text);
    for (pid_t pid = 0; numbers >> pid;) out.push_back(pid);
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(group, error))
    if (entry.is_directory(error) && !entry.is_symlink(error)) add_members(entry.path(), out);
}

std::vector<pid_t> members_of(const std::string& unit) {
  std::vector<pid_t> out;
  std::error_code error;
  fs::recursive_directory_iterator at(kGroups, error), end;
  for (; !error && at != end; at.increment(error)) {
    if (at.depth() >= kDeepest) at.disable_recursion_pending();
    if (at->path().filename() != unit) continue;
    add_members(at->path(), out);
    at.disable_recursion_pending();
  }
  return out;
}

}  // namespace

Result<Target> Target::of(const std::vector<std::string>& command, pid_t pid,
                          const std::string& unit) {
  const int given = int(!command.empty()) + int(pid != 0) + int(!unit.empty());
  if (given != 1)
    return fail(Exit::usage, "say what to watch: one of --pid, --unit or -- CMD...",
                "glacis learn start NAME -- CMD...", "nothing was changed");
  Target out;
  out.command_ = command;
  out.unit_ = unit;
  if (pid != 0) out.pids_ = {pid};
  if (pid < 0 || pid == 1 || pid == ::getpid())
    return fail(Exit::usage, fmt::format("process {} cannot be watched", pid), {},
                "nothing was changed");
  if (!unit.empty()) {
    if (unit.find('/') == std::string::npos) out.pids_ = members_of(unit);
    if (out.pids_.empty())
      return fail(Exit::usage,
                  fmt::format("no process of the unit `{}` runs", escape(unit, Backslash::keep)),
                  "start it, or check its name with `systemctl status`", "nothing was changed");
  }
  return out;
}

std::string Target::words() const {
  if (!unit_.empty()) return "unit " + unit_;
  if (command_.empty()) return fmt::format("pid {}", pids_.front());
  return fmt::format("{}", fmt::join(command_, " "));
}

// `glacis run` does it, so that it is done in one place.
Status Target::start(const std::string& profile) {
  std::vector<std::string> words = {"glacis", "run", "--profile", profile, "--"};
  words.insert(words.end(), command_.begin(), command_.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, pointers.data(), environ);
  if (error != 0)
    return fail(Exit::usage, fmt::format("cannot start the command: {}", std::strerror(error)));
  pids_ = {pid};
  child_ = true;
  return {};
}

Status Target::begin(kernel::Enforcer& enforcer, const std::string& profile) {
  struct sigaction action{};
  action.sa_handler = note_end;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  if (!command_.empty()) return start(profile);
  for (const pid_t pid : pids_)
    if (const auto done = enforcer.adopt(pid, profile); !done && ::kill(pid, 0) == 0)
      return std::unexpected(done.error());
  return {};
}

bool Target::alive() {
  if (child_) {
    // What ends us ends what we started.
    if (g_end != 0) (void)::kill(pids_.front(), SIGTERM);
    int status = 0;
    const pid_t gone = ::waitpid(pids_.front(), &status, g_end != 0 ? 0 : WNOHANG);
    return gone == 0;
  }
  if (g_end != 0) return false;
  return std::ranges::any_of(pids_,
                             [](pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; });
}

}  // namespace glacis::cli
