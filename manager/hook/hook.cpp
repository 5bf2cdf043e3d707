// SPDX-License-Identifier: Apache-2.0
// glacis-oci-hook: what a container runtime starts, as the hooks createRuntime and
// poststop. It reads the state of the container from stdin. Whatever fails, within
// a time that is bounded, is one line on stderr, which runtimes pass on, and a
// status that makes the runtime give the container up.
#include <fmt/format.h>
#include <syslog.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "manager/base/escape.h"
#include "manager/hook/bind.h"

namespace glacis::hook {
namespace {

constexpr int refused = 1;
constexpr unsigned first_timeout = 5;  // until the settings are read

extern "C" void on_alarm(int) {
  constexpr char line[] = "glacis-oci-hook: took too long; the container is not started\n";
  (void)!::write(STDERR_FILENO, line, sizeof line - 1);
  ::_exit(refused);
}

// Whatever the runtime blocked or ignored.
void set_alarm() {
  struct sigaction action{};
  action.sa_handler = on_alarm;
  ::sigaction(SIGALRM, &action, nullptr);
  sigset_t only{};
  sigemptyset(&only);
  sigaddset(&only, SIGALRM);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::alarm(first_timeout);
}

Status run() {
  const auto text = oci::read_to_end(STDIN_FILENO);
  if (!text) return std::unexpected(text.error());
  const auto state = oci::parse_state(*text);
  if (!state) return std::unexpected(state.error());
  if (state->stopped) return clean_up(*state);
  const auto settings = oci::read_settings();
  if (!settings) return std::unexpected(settings.error());
  ::alarm(settings->timeout);
  return bind(*state, *settings);
}

int tell(const Error& error) {
  std::string line = "glacis-oci-hook: " + error.what;
  if (!error.next.empty()) line += " (" + error.next + ")";
  line = escape(line, Backslash::keep);
  fmt::print(stderr, "{}\n", line);
  // crun throws away what a hook writes, unless an annotation names a file for it.
  ::syslog(LOG_AUTHPRIV | LOG_ERR, "%s", line.c_str());
  return refused;
}

}  // namespace
}  // namespace glacis::hook

int main(int argc, char**) {
  using namespace glacis;
  try {
    hook::set_alarm();
    if (argc > 1)
      return hook::tell({Exit::usage, "takes no words; a runtime starts it", {}, "see its manual"});
    const Status done = hook::run();
    return done ? 0 : hook::tell(done.error());
  } catch (const std::exception& failure) {
    return hook::tell({Exit::bug, std::string("internal failure: ") + failure.what(), {}, {}});
  }
}
