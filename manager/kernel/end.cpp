// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/end.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "manager/base/fd.h"

namespace glacis::kernel {
namespace {

namespace fs = std::filesystem;

constexpr int most_sweeps = 8;

// The descriptor is there before the label is asked for: if the number is another process's by
// then, the signal goes to the one that is gone, and to nobody else.
// 1, or 0 where it is gone or of another domain.
Result<std::size_t> end_process(const Enforcer& enforcer, pid_t pid, std::uint32_t domain) {
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return 0u;
  const auto id = enforcer.domain_of(pid);
  if (!id || *id != domain) return 0u;
  if (::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0) return 1u;
  if (errno == ESRCH) return 0u;
  return fail(Exit::not_permitted, "process " + std::to_string(pid) + " can't be killed: " +
                                       std::generic_category().message(errno));
}

// The others are tried where one can't be killed.
Result<std::size_t> pass(const Enforcer& enforcer, std::uint32_t domain) {
  std::size_t ended = 0;
  std::optional<Error> problem;
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), last; !error && at != last; at.increment(error)) {
    const std::string name = at->path().filename();
    pid_t pid = 0;
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad != std::errc() || end != name.data() + name.size() || pid <= 1) continue;
    const auto one = end_process(enforcer, pid, domain);
    ended += one.value_or(0);
    if (!one) problem = one.error();
  }
  if (problem) return std::unexpected(*problem);
  return ended;
}

}  // namespace

Result<std::size_t> end_processes(const Enforcer& enforcer, std::uint32_t domain) {
  std::size_t all = 0;
  for (int i = 0; i < most_sweeps; ++i) {
    const auto ended = pass(enforcer, domain);
    if (!ended) return ended;
    all += *ended;
    if (*ended == 0) break;
    ::usleep(10'000);  // the killed are still there for a moment, and would be counted again
  }
  return all;
}

}  // namespace glacis::kernel
