// SPDX-License-Identifier: Apache-2.0
// glacis run: starts a program in a domain. The child labels itself; the label
// takes effect at its exec, so that no step of ours needs to be granted. The
// exit code is the child's: 125 where glacis failed, 126 where the program could
// not be executed, 127 where it was not found, 128 and its number for a signal.
// Where the layer is AppArmor, that takes the label's place (run_apparmor.cpp).
#include "manager/cli/run.h"

#include <fcntl.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "manager/backend/seccomp/install.h"
#include "manager/cli/author.h"
#include "manager/cli/backend.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/host.h"
#include "manager/image/reader.h"
#include "manager/kernel/probe.h"

namespace glacis::cli {
namespace {

constexpr unsigned kExecTries = 200;
constexpr unsigned kBetweenTries = 10'000;  // microseconds

struct RunArguments {
  std::string profile;
  std::string backend;  // empty: as the profile says
  SearchOptions search;
};

bool is_file(const std::string& path) {
  std::error_code ignored;
  return path.find('/') != std::string::npos || path.ends_with(".toml") ||
         path.ends_with(".image") || fs::is_regular_file(path, ignored);
}

// As execvp(3) looks for it; empty if there is none.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* set = std::getenv("PATH");
  std::string_view rest = set != nullptr ? set : "/usr/local/bin:/usr/bin:/bin";
  std::string refused;
  while (!name.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    std::string path = folder.empty() ? "./" + name : std::string(folder) + "/" + name;
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored)) {
      if (::access(path.c_str(), X_OK) == 0) return path;
      if (refused.empty()) refused = path;
    }
    if (folder.size() == rest.size()) break;
    rest.remove_prefix(folder.size() + 1);
  }
  return refused;
}

// In the child, after a failed exec.
[[noreturn]] void tell_exec(const Output& out, const Start& start, const std::string& program,
                            int error) {
  Error said;
  said.what = fmt::format("cannot execute {}: {}", program, std::strerror(error));
  if (error == EACCES && ::access(program.c_str(), X_OK) == 0) {
    said.what = fmt::format("the profile `{}` does not grant execute of {}, or of its interpreter",
                            start.domain, program);
    said.next = "grant it under [exec] allow, or see " + start.refusals;
  }
  const int exit_code = error == ENOENT ? kNotFound : kNotExecuted;
  out.error(said, exit_code);
  (void)flush_output();
  ::_exit(exit_code);
}

[[noreturn]] void give_up(const Cli& cli, const Error& error) {
  cli.out.error(error, kFailed);
  (void)flush_output();
  ::_exit(kFailed);
}

[[noreturn]] void be_child(const Cli& cli, const Start& start, const std::string& program) {
  if (const auto entered = start.enter(); !entered) give_up(cli, entered.error());
  std::vector<char*> words;
  for (const std::string& word : cli.rest) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  // What is open was granted by nobody and is not asked about when it is used.
  if (::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
    give_up(cli, {Exit::usage,
                  fmt::format("cannot close descriptors: {}", std::strerror(errno)),
                  {},
                  "nothing was started"});
  // Whoever started us may have asked for a heap that is code.
  (void)::personality(static_cast<unsigned>(::personality(0xffffffff)) & ~READ_IMPLIES_EXEC);
  // Last: from here on only exec is needed.
  if (const auto installed = seccomp::install(start.filters); !installed)
    give_up(cli, installed.error());
  // EAGAIN: the kernel could not tell whose exec this is (`label_lost`).
  for (unsigned tries = 0; tries < kExecTries; ++tries) {
    ::execv(program.c_str(), words.data());
    if (errno != EAGAIN) break;
    ::usleep(kBetweenTries);
  }
  tell_exec(cli.out, start, program, errno);
}

volatile std::sig_atomic_t g_child = 0;

extern "C" void pass_on(int signal) {
  if (g_child > 0) ::kill(static_cast<pid_t>(g_child), signal);
}

// A terminal sends its signals to the child too; what is sent to us alone is
// passed on. Until the child is known they wait.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : kSignals) sigaddset(&set_, signal);
    ::sigprocmask(SIG_BLOCK, &set_, &before_);
  }
  void for_child() const { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  void for_parent(pid_t child) const {
    g_child = child;
    struct sigaction action{};
    action.sa_flags = SA_RESTART;
    for (const int signal : kSignals) {
      const bool terminal = signal == SIGINT || signal == SIGQUIT;
      action.sa_handler = terminal ? SIG_IGN : pass_on;
      ::sigaction(signal, &action, nullptr);
    }
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  static constexpr int kSignals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
  sigset_t set_{}, before_{};
};

Result<int> wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return fail(Exit::bug, fmt::format("cannot wait for the child: {}", std::strerror(errno)));
  g_child = 0;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// The name of the domain; a file is loaded first.
Result<std::string> domain_for(const Cli& cli, const RunArguments& arguments) {
  if (!is_file(arguments.profile)) return arguments.profile;
  const auto ready =
      prepare(cli.out, arguments.profile, arguments.search.load_options(), std::nullopt);
  if (!ready) return std::unexpected(ready.error());
  if (auto able = kernel::precheck(); !able) return std::unexpected(able.error());
  auto enforcer = kernel::Enforcer::open_or_create();
  if (!enforcer) return std::unexpected(enforcer.error());
  const auto domain = put_in_force(*enforcer, *ready);
  if (!domain) return std::unexpected(domain.error());
  record_change(cli.out, "loaded", *domain);
  tell_unmatched(cli.out, *domain);
  return ready->name;
}

// From the image that is in force, so that a profile by name has its filter too.
Result<Start> start_bpf(const Cli& cli, const RunArguments& arguments) {
  const auto name = domain_for(cli, arguments);
  if (!name) return std::unexpected(name.error());
  auto opened = open_enforcer();
  if (!opened) return std::unexpected(opened.error());
  const auto enforcer = std::make_shared<kernel::Enforcer>(std::move(*opened));
  const auto domain = enforcer->find(*name);
  if (!domain) return std::unexpected(domain.error());
  const auto bytes = enforcer->image(domain->name);
  if (!bytes) return std::unexpected(bytes.error());
  const auto image = image::read(*bytes);
  if (!image) return std::unexpected(image.error());
  auto filters = filters_for(*image, domain->name, domain->mode);
  if (!filters) return std::unexpected(filters.error());
  return Start{*name,
               std::move(*filters),
               [enforcer, domain = *name] { return enforcer->label_at_exec(::getpid(), domain); },
               fmt::format("`glacis evidence list --domain {}`", *name),
               {}};
}

// The layer that the command line asks for, or else the profile's file. What is wrong
// with that is said when it is compiled; what is in force already is BPF's.
std::string wanted_layer(const RunArguments& arguments) {
  if (!arguments.backend.empty()) return arguments.backend;
  if (!is_file(arguments.profile) || is_image(arguments.profile)) return "auto";
  diag::Diagnostics said;
  diag::SourceSet sources;
  const auto found =
      profile::load_profile(arguments.profile, arguments.search.load_options(), said, sources);
  return std::string(
      profile::layers_words[static_cast<std::size_t>(found ? found->backend : profile::Layers{})]);
}

Result<Start> prepare_start(Cli& cli, const RunArguments& arguments, const std::string& program) {
  const auto backend = choose_backend(cli.out, wanted_layer(arguments));
  if (!backend) return std::unexpected(backend.error());
  if (*backend == Backend::bpf) return start_bpf(cli, arguments);
  if (is_file(arguments.profile))
    return start_apparmor(cli, arguments.profile, arguments.search.load_options(), program);
  return fail(Exit::usage,
              fmt::format("where AppArmor enforces, the profile is given as a file, and `{}` is "
                          "none",
                          shown(arguments.profile)),
              "glacis run --profile FILE -- CMD...", "nothing was started");
}

Result<int> run(Cli& cli, const RunArguments& arguments) {
  cli.failure_code = kFailed;
  if (cli.rest.empty() || cli.rest.front().empty())
    return fail(Exit::usage, "there is no command to run", "glacis run --profile NAME -- CMD...",
                "nothing was started");
  if (auto root = need_root("run"); !root) return std::unexpected(root.error());
  const std::string program = find_program(cli.rest.front());
  if (program.empty()) {
    cli.failure_code = kNotFound;
    return fail(Exit::usage, fmt::format("there is no command {}", shown(cli.rest.front())), {},
                "nothing was started");
  }
  auto start = prepare_start(cli, arguments, program);
  if (!start) return std::unexpected(start.error());
  const Signals signals;
  const pid_t child = ::fork();
  if (child < 0) return fail(Exit::usage, fmt::format("cannot fork: {}", std::strerror(errno)));
  if (child == 0) {
    signals.for_child();
    be_child(cli, *start, program);
  }
  start->held.reset();  // the child's copy is closed by its exec
  signals.for_parent(child);
  return wait_for(child);
}

}  // namespace

Result<Filters> filters_for(const image::ImageView& image, const std::string& domain,
                            gl_mode mode) {
  const seccomp::Policy policy = seccomp::policy_of(image);
  const seccomp::Call* exec = policy.find("execve");
  if (exec != nullptr && exec->plain() && exec->otherwise != seccomp::SyscallAction::allow)
    return fail(
        Exit::usage,
        fmt::format("[syscalls] of `{}` refuses execve, which starts the program", shown(domain)),
        "allow it, or the group @process", "nothing was started");
  return seccomp::build_filters(
      policy, seccomp::this_machine(),
      mode == GL_MODE_ENFORCE ? seccomp::Posture::refuse : seccomp::Posture::log);
}

void add_run(Command app, Cli& cli) {
  const auto arguments = std::make_shared<RunArguments>();
  Command command = app.add_command("run", "Start a program in a domain");
  command
      .add_option("-p,--profile", arguments->profile,
                  "A profile in force, or a file, which is loaded first")
      .type_name("NAME|FILE")
      .required();
  command.add_option("--backend", arguments->backend, "The layer that enforces, not the profile's")
      .type_name("LAYER")
      .one_of({"auto", "bpf", "apparmor"});
  arguments->search.add_to(command);
  command.footer(
      "The profile must grant execute of CMD. Of the descriptors that are open, CMD gets\n"
      "0, 1 and 2. The exit status is CMD's, 128+N for signal N; 125: glacis failed,\n"
      "126: CMD cannot be executed, 127: not found.\n"
      "auto is bpf where this kernel has it, and else AppArmor, which takes a FILE and asks\n"
      "less: each rule that it can't express is said.");
  command.act(cli, [&cli, arguments] { return run(cli, *arguments); });
}

}  // namespace glacis::cli
