// SPDX-License-Identifier: Apache-2.0
// glacis-oci-hook: what a container runtime starts, as the hooks createRuntime and
// poststop, with the state of the container on stdin. Whatever fails, within a time
// that is bounded, is one line on stderr, which runtimes pass on, and a status that
// makes the runtime give the container up.
// glacis-oci-hook precreate: what podman starts before the runtime (prepare.h).
// glacis-oci-hook refuse TEXT: a hook that this program put in where it refuses.
#include <fmt/format.h>
#include <syslog.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>

#include "manager/hook/bind.h"
#include "manager/hook/prepare.h"
#include "manager/hook/tell.h"

namespace glacis::hook {
namespace {

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

// To stderr, the system's log, and `log` (see borrow_stderr).
int tell(std::string_view why, const std::string& log) {
  const std::string line = fmt::format("glacis-oci-hook: {}", why);
  fmt::print(stderr, "{}\n", line);
  ::syslog(LOG_AUTHPRIV | LOG_ERR, "%s", line.c_str());
  add_to_log(log, line);
  return refused;
}

int call(std::span<char*> words, const std::string& log) {
  const std::string_view word = words.size() > 1 ? words[1] : "";
  if (word == "refuse" && words.size() == 3) return tell(words[2], log);
  const bool precreates = word == "precreate" && words.size() == 2;
  if (words.size() > 1 && !precreates)
    return tell("a runtime starts it, without words (see its manual)", log);
  const Status done = precreates ? precreate() : run();
  return done ? 0 : tell(line_of(done.error()), log);
}

}  // namespace
}  // namespace glacis::hook

int main(int argc, char** argv) {
  using namespace glacis;
  std::string log;
  try {
    log = hook::borrow_stderr();
    hook::set_alarm();
    return hook::call({argv, static_cast<std::size_t>(argc)}, log);
  } catch (const std::exception& failure) {
    return hook::tell(std::string("internal failure: ") + failure.what(), log);
  }
}
