// SPDX-License-Identifier: Apache-2.0
#include "manager/hook/tell.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/base/file.h"
#include "manager/oci/edit.h"
#include "manager/oci/json.h"

namespace glacis::hook {
namespace {

constexpr std::size_t words_max = std::size_t{256} << 10;

bool goes_nowhere(int fd) {
  struct stat about{};
  if (::fstat(fd, &about) != 0) return true;
  return S_ISCHR(about.st_mode) && about.st_rdev == ::makedev(1, 3);  // /dev/null
}

std::vector<std::string> words_of(pid_t pid) {
  const auto text = read_whole("/proc/" + std::to_string(pid) + "/cmdline", words_max);
  std::vector<std::string> out;
  for (std::string_view left = text ? *text : std::string_view(); !left.empty();) {
    out.emplace_back(left.substr(0, left.find('\0')));
    left.remove_prefix(std::min(left.size(), out.back().size() + 1));
  }
  if (!out.empty()) out.erase(out.begin());  // its own name
  return out;
}

}  // namespace

std::string line_of(const Error& error) {
  std::string line = error.what;
  if (!error.next.empty()) line += " (" + error.next + ")";
  return escape(line, Backslash::keep);
}

void add_to_log(const std::string& log, std::string_view line) {
  if (log.empty()) return;
  const Fd file(
      ::open(log.c_str(),
             O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600));
  if (file.get() < 0) return;
  const std::string text = oci::Json{{"level", "error"}, {"msg", line}}.dump() + "\n";
  (void)!::write(file.get(), text.data(), text.size());
}

std::string borrow_stderr() {
  if (!goes_nowhere(STDERR_FILENO)) return {};
  const pid_t runtime = ::getppid();
  // The descriptor itself: a file that is opened again has an offset of its own, and
  // what the runtime writes then would go over ours.
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, runtime, 0)));
  const Fd other(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), STDERR_FILENO, 0)));
  if (!other || ::dup2(other.get(), STDERR_FILENO) < 0) return {};
  std::string log = oci::parse_call(words_of(runtime)).log;
  return log.starts_with('/') ? log : std::string();
}

}  // namespace glacis::hook
