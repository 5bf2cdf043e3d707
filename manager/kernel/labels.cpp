// SPDX-License-Identifier: Apache-2.0
// Binding tasks to domains: at their next exec, or by adoption.
#include <bpf/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <numeric>

#include "manager/kernel/state.h"

namespace glacis::kernel {
namespace {

constexpr unsigned most_passes = 1000;

Result<Fd> open_pid(pid_t pid) {
  Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (fd) return fd;
  if (errno == ESRCH)
    return fail(Exit::usage, "there is no process " + std::to_string(pid), {},
                "nothing was changed");
  return fail(Exit::usage,
              "cannot open process " + std::to_string(pid) + ": " + errno_text(errno) +
                  (errno == EINVAL ? " (is it a thread's number, not a process's?)" : ""),
              {}, "nothing was changed");
}

bool loaded(const Enforcer::State& s, std::uint32_t id) {
  auto domain = lookup<gl_domain>(s.domains, GL_DOMAIN_SLOT(id), "domains");
  return !domain || (GL_DOMAIN_WORD_ID(domain->word) == id &&
                     GL_DOMAIN_WORD_STATUS(domain->word) == GL_DOMAIN_LIVE);
}

// Neither a label whose domain was unloaded nor what an exec left that failed binds
// anything: both may be replaced. Of a task
// amid a transition only the kernel knows which of two it is.
bool binds(const Enforcer::State& s, const gl_label& label) {
  constexpr unsigned attaching = GL_LABEL_ATTACHED | GL_LABEL_PENDING;
  if ((label.flags & attaching) == attaching && label.exec_id == GL_EXEC_NEVER) return false;
  return loaded(s, label.domains[0]) ||
         ((label.flags & GL_LABEL_TRANSITION) != 0 && loaded(s, label.domains[1]));
}

Result<std::optional<gl_label>> label_of(const Enforcer::State& s, const Fd& process) {
  gl_label label{};
  const int key = process.get();
  if (bpf_map_lookup_elem(s.labels.get(), &key, &label) == 0) {
    if (binds(s, label)) return label;
    return std::optional<gl_label>{};
  }
  if (errno == ENOENT) return std::optional<gl_label>{};
  if (errno == ESRCH) return fail(Exit::usage, "the process has ended", {}, "nothing was changed");
  return fail(Exit::kernel, "cannot read a label: " + errno_text(errno), "run `glacis doctor`");
}

// Attached while it lives.
Result<Fd> attach(const char* program_name, bpf_attach_type type) {
  auto program = open_pinned(program_pin(program_name));
  if (!program) return std::unexpected(program.error());
  Fd link(bpf_link_create(program->get(), 0, type, nullptr));
  if (!link)
    return fail(Exit::kernel,
                std::string("cannot attach ") + program_name + ": " + errno_text(errno),
                "run `glacis doctor`");
  return link;
}

Status one_pass(const Fd& iterator_link) {
  const Fd iterator(bpf_iter_create(iterator_link.get()));
  if (!iterator) return fail(Exit::kernel, "cannot iterate over tasks: " + errno_text(errno));
  char buffer[256];
  ssize_t got = 0;
  while ((got = ::read(iterator.get(), buffer, sizeof buffer)) > 0 ||
         (got < 0 && errno == EAGAIN)) {
  }
  if (got < 0) return fail(Exit::kernel, "cannot iterate over tasks: " + errno_text(errno));
  return {};
}

Status set_adoption(const Enforcer::State& s, std::uint32_t tgid, std::uint32_t domain) {
  auto settings = lookup<gl_settings>(s.settings, 0, "settings");
  if (!settings) return std::unexpected(settings.error());
  settings->adopt_tgid = tgid;
  settings->adopt_domain = domain;
  return store(s.settings, 0, *settings, "settings");
}

struct Tally {
  std::uint64_t adopted = 0, failed = 0;
};

Result<Tally> so_far(const Enforcer& enforcer) {
  auto counters = enforcer.counters();
  if (!counters) return std::unexpected(counters.error());
  Tally out;
  for (const auto& counter : *counters) {
    if (counter.name == "adopted") out.adopted = counter.value;
    if (counter.name == "adopt_failed") out.failed = counter.value;
  }
  return out;
}

// Passes until two in a row found nothing new.
Result<Adopted> run_passes(const Enforcer& enforcer, const Fd& iterator) {
  const auto first = so_far(enforcer);
  if (!first) return std::unexpected(first.error());
  Adopted result;
  Tally last = *first;
  for (unsigned quiet = 0; quiet < 2 && result.passes < most_passes; ++result.passes) {
    if (auto done = one_pass(iterator); !done) return std::unexpected(done.error());
    const auto now = so_far(enforcer);
    if (!now) return std::unexpected(now.error());
    quiet = now->adopted == last.adopted ? quiet + 1 : 0;
    last = *now;
  }
  if (last.failed != first->failed)
    return fail(Exit::partial, "some tasks of the process could not be labelled",
                "`glacis status` counts why; end the process, and start it under `glacis run`",
                "the tasks that were labelled are confined, the others are not");
  if (result.passes == most_passes)
    return fail(Exit::partial, "the process makes tasks faster than they can be labelled",
                "stop it (SIGSTOP) and adopt it again");
  result.tasks = last.adopted - first->adopted;
  return result;
}

// Whether a process waits for the very exec that is to be waited for.
bool waits(const gl_label& label, const gl_label& wanted) {
  return (wanted.flags & GL_LABEL_CONTAINER) != 0 && label.flags == wanted.flags &&
         label.domains[0] == wanted.domains[0];
}

Status label_pending(const Enforcer& enforcer, const Enforcer::State& s, pid_t pid,
                     const std::string& name, std::uint8_t flags) {
  if (auto open = changeable(s); !open) return open;
  auto domain = enforcer.find(name);
  if (!domain) return std::unexpected(domain.error());
  auto process = open_pid(pid);
  if (!process) return std::unexpected(process.error());
  auto old = label_of(s, *process);
  if (!old) return std::unexpected(old.error());
  gl_label label{};
  label.version = GL_LABEL_VERSION;
  label.flags = flags;
  label.domains[0] = domain->id;
  if (*old && waits(**old, label)) return {};
  if (*old)
    return fail(Exit::usage, "process " + std::to_string(pid) + " is in a domain already",
                "only a transition moves a confined process", "it stays in that domain");
  const int key = process->get();
  if (bpf_map_update_elem(s.labels.get(), &key, &label, BPF_ANY) != 0)
    return fail(Exit::kernel,
                "cannot label process " + std::to_string(pid) + ": " + errno_text(errno),
                "run `glacis doctor`");
  return {};
}

}  // namespace

Status Enforcer::label_at_exec(pid_t pid, const std::string& name) {
  return label_pending(*this, *state_, pid, name, GL_LABEL_PENDING);
}

Status Enforcer::label_container(pid_t pid, const std::string& name) {
  return label_pending(*this, *state_, pid, name, GL_LABEL_PENDING | GL_LABEL_CONTAINER);
}

Status Enforcer::arm_cgroup(std::uint64_t cgroup, const std::string& name) {
  if (auto open = changeable(*state_); !open) return open;
  auto domain = find(name);
  if (!domain) return std::unexpected(domain.error());
  const gl_container armed{.domain = domain->id};
  const int map = state_->containers.get();
  if (bpf_map_update_elem(map, &cgroup, &armed, BPF_NOEXIST) == 0) return {};
  const int error = errno;
  gl_container old{};
  if (error != EEXIST || bpf_map_lookup_elem(map, &cgroup, &old) != 0)
    return fail(Exit::kernel,
                "cannot arm cgroup " + std::to_string(cgroup) + ": " + errno_text(error),
                "run `glacis doctor`");
  if (old.domain == armed.domain) return {};
  if (loaded(*state_, old.domain))
    return fail(Exit::usage, "cgroup " + std::to_string(cgroup) + " belongs to another profile", {},
                "it keeps that profile");
  return bpf_map_update_elem(map, &cgroup, &armed, BPF_EXIST) == 0
             ? Status{}
             : fail(Exit::kernel, "cannot arm a cgroup: " + errno_text(errno));
}

Status Enforcer::grant_session(std::uint64_t cgroup, const std::string& name, std::uint64_t until) {
  if (auto open = changeable(*state_); !open) return open;
  auto domain = find(name);
  if (!domain) return std::unexpected(domain.error());
  gl_container armed{};
  if (bpf_map_lookup_elem(state_->containers.get(), &cgroup, &armed) != 0)
    return fail(Exit::usage, "the container has ended, or has no profile", {},
                "nothing was changed");
  const gl_session session{.domain = domain->id, .zero = 0, .until = until};
  if (bpf_map_update_elem(state_->sessions.get(), &cgroup, &session, BPF_ANY) == 0) return {};
  return fail(Exit::kernel, "cannot grant a session: " + errno_text(errno), "run `glacis doctor`");
}

Status Enforcer::disarm_cgroup(std::uint64_t cgroup) {
  if (auto open = changeable(*state_); !open) return open;
  if (bpf_map_delete_elem(state_->sessions.get(), &cgroup) != 0 && errno != ENOENT)
    return fail(Exit::kernel, "cannot end the sessions of a cgroup: " + errno_text(errno));
  if (bpf_map_delete_elem(state_->containers.get(), &cgroup) == 0 || errno == ENOENT) return {};
  return fail(Exit::kernel,
              "cannot disarm cgroup " + std::to_string(cgroup) + ": " + errno_text(errno));
}

Result<Adopted> Enforcer::adopt(pid_t pid, const std::string& name) {
  auto lock = Lock::take();
  if (!lock) return std::unexpected(lock.error());
  if (auto open = changeable(*state_); !open) return std::unexpected(open.error());
  auto domain = find(name);
  if (!domain) return std::unexpected(domain.error());
  auto process = open_pid(pid);
  if (!process) return std::unexpected(process.error());
  auto old = label_of(*state_, *process);
  if (!old) return std::unexpected(old.error());
  if (*old)
    return fail(Exit::usage, "process " + std::to_string(pid) + " is in a domain already",
                "only a transition moves a confined process", "it stays in that domain");
  auto iterator = attach("glacis_adopt", BPF_TRACE_ITER);
  if (!iterator) return std::unexpected(iterator.error());
  auto newtask = attach("glacis_task_newtask", BPF_TRACE_RAW_TP);
  if (!newtask) return std::unexpected(newtask.error());
  if (auto set = set_adoption(*state_, static_cast<std::uint32_t>(pid), domain->id); !set)
    return std::unexpected(set.error());
  auto adopted = run_passes(*this, *iterator);
  if (auto reset = set_adoption(*state_, 0, 0); !reset) return std::unexpected(reset.error());
  return adopted;
}

Result<std::optional<std::uint32_t>> Enforcer::domain_of(pid_t pid) const {
  auto process = open_pid(pid);
  if (!process) return std::unexpected(process.error());
  auto label = label_of(*state_, *process);
  if (!label) return std::unexpected(label.error());
  if (!*label || ((*label)->flags & GL_LABEL_PENDING) != 0) return std::optional<std::uint32_t>{};
  return std::optional<std::uint32_t>((*label)->domains[0]);
}

}  // namespace glacis::kernel
