// SPDX-License-Identifier: Apache-2.0
// [syscalls] held against what the rest of the profile grants.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "manager/profile/lint.h"

namespace glacis::profile {
namespace {

using diag::Code;

// A bit of a grant. `only`: the calls can do nothing without one of their grants.
struct Need {
  gl_class of;
  std::uint64_t bit;
  std::string_view word;
  std::vector<std::string_view> calls;
  bool only = false;
};

constexpr std::uint64_t capability_bit(gl_capability capability) { return 1ull << capability; }
constexpr std::uint64_t op_bit(gl_net_op op) { return 1ull << op; }

const std::vector<Need>& needs() {
  static const std::vector<Need> all = {
      {GL_CLASS_FILE, GL_FILE_READ, "read", {"open", "openat", "openat2"}},
      {GL_CLASS_FILE, GL_FILE_WRITE, "write", {"open", "openat", "openat2", "creat"}},
      {GL_CLASS_FILE, GL_FILE_EXECUTE, "execute", {"execve", "execveat"}, true},
      {GL_CLASS_FILE, GL_FILE_UNLINK, "unlink", {"unlink", "unlinkat"}},
      {GL_CLASS_FILE, GL_FILE_RENAME, "rename", {"rename", "renameat", "renameat2"}, true},
      {GL_CLASS_FILE, GL_FILE_LINK, "link", {"link", "linkat"}, true},
      {GL_CLASS_FILE, GL_FILE_SYMLINK, "symlink", {"symlink", "symlinkat"}, true},
      {GL_CLASS_FILE, GL_FILE_MKDIR, "mkdir", {"mkdir", "mkdirat"}, true},
      {GL_CLASS_FILE, GL_FILE_RMDIR, "rmdir", {"rmdir", "unlinkat"}},
      {GL_CLASS_FILE, GL_FILE_MKNOD, "mknod", {"mknod", "mknodat"}, true},
      {GL_CLASS_FILE, GL_FILE_CHMOD, "chmod", {"chmod", "fchmod", "fchmodat", "fchmodat2"}},
      {GL_CLASS_FILE, GL_FILE_CHOWN, "chown", {"chown", "fchown", "fchownat", "lchown"}},
      {GL_CLASS_FILE, GL_FILE_MOUNT, "mount", {"mount", "move_mount"}, true},
      {GL_CLASS_FILE, GL_FILE_UMOUNT, "umount", {"umount", "umount2", "move_mount"}},
      {GL_CLASS_FILE, GL_FILE_PIVOT_ROOT, "pivot_root", {"pivot_root"}, true},
      {GL_CLASS_FILE, GL_FILE_CHROOT, "chroot", {"chroot"}, true},
      {GL_CLASS_FILE, GL_FILE_UNIX_BIND, "bind", {"bind"}},
      {GL_CLASS_FILE, GL_FILE_UNIX_CONNECT, "connect", {"connect"}},
      {GL_CLASS_NET, op_bit(GL_NET_BIND), "bind", {"bind"}},
      {GL_CLASS_NET, op_bit(GL_NET_CONNECT), "connect", {"connect", "sendto", "sendmsg"}},
      {GL_CLASS_NET, op_bit(GL_NET_SEND), "send", {"sendto", "sendmsg", "sendmmsg"}},
      {GL_CLASS_NET, op_bit(GL_NET_CREATE), "socket", {"socket", "socketpair"}, true},
      {GL_CLASS_KERNEL, GL_KERNEL_IO_URING, "io_uring", {"io_uring_setup"}, true},
      {GL_CLASS_KERNEL, GL_KERNEL_USERFAULTFD, "userfaultfd", {"userfaultfd", "ioctl"}},
      {GL_CLASS_KERNEL, GL_KERNEL_BPF, "bpf", {"bpf"}, true},
      {GL_CLASS_KERNEL, GL_KERNEL_PERF_EVENT, "perf_event", {"perf_event_open"}, true},
      {GL_CLASS_KERNEL, GL_KERNEL_MODULE, "module", {"init_module", "finit_module"}, true},
      {GL_CLASS_KERNEL, GL_KERNEL_KEXEC, "kexec", {"kexec_load", "kexec_file_load"}, true},
      {GL_CLASS_KERNEL, GL_KERNEL_KEYS, "keys", {"add_key", "request_key", "keyctl"}},
      {GL_CLASS_KERNEL, GL_KERNEL_SYSLOG, "syslog", {"syslog"}, true},
      {GL_CLASS_KERNEL, GL_KERNEL_SYSV_IPC, "sysv_ipc", {"shmget", "msgget", "semget"}, true},
      {GL_CLASS_TASK, GL_TASK_CONNECT, "connect", {"connect", "sendto", "sendmsg"}},
      {GL_CLASS_TASK,
       GL_TASK_TRACE,
       "trace",
       {"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd"},
       true},
      {GL_CLASS_CAPABILITY, capability_bit(GL_CAP_SYS_BOOT), "sys_boot", {"reboot"}, true},
      {GL_CLASS_CAPABILITY, capability_bit(GL_CAP_SYS_PACCT), "sys_pacct", {"acct"}, true},
      {GL_CLASS_CAPABILITY,
       capability_bit(GL_CAP_SYS_TIME),
       "sys_time",
       {"settimeofday", "clock_settime", "clock_adjtime", "adjtimex"}},
      {GL_CLASS_CAPABILITY, capability_bit(GL_CAP_SYS_CHROOT), "sys_chroot", {"chroot", "setns"}},
  };
  return all;
}

// The bits that a rule grants, by class.
struct Granted {
  gl_class of = GL_CLASS_NONE;
  std::uint64_t bits = 0;
};

Granted granted(const PathRule& rule) { return {GL_CLASS_FILE, rule.deny ? 0 : rule.access}; }
Granted granted(const NetRule& rule) {
  std::uint64_t bits = rule.deny ? 0 : op_bit(GL_NET_CREATE);
  if (!rule.deny)
    for (const gl_net_op op : rule.ops) bits |= op_bit(op);
  return {GL_CLASS_NET, bits};
}
Granted granted(const SocketRule&) { return {GL_CLASS_NET, op_bit(GL_NET_CREATE)}; }
Granted granted(const CapabilityRule& rule) {
  return {GL_CLASS_CAPABILITY, rule.deny ? 0 : capability_bit(rule.capability)};
}
Granted granted(const KernelRule& rule) { return {GL_CLASS_KERNEL, rule.access}; }
Granted granted(const ProcessRule& rule) { return {GL_CLASS_TASK, rule.deny ? 0 : rule.access}; }
Granted granted(const auto&) { return {}; }

Granted granted(const Rule& rule) {
  return std::visit([](const auto& body) { return granted(body); }, rule.body);
}

struct Said {
  bool allowed = false;
  const Rule* refused = nullptr;  // without conditions
};

class Lint {
 public:
  Lint(const Resolved& resolved, diag::Diagnostics& diagnostics)
      : resolved_(resolved), diagnostics_(diagnostics) {
    for (const Rule& rule : resolved.profile.rules) {
      const auto* syscalls = std::get_if<SyscallRule>(&rule.body);
      if (syscalls == nullptr) continue;
      any_ = true;
      if (syscalls->action == SyscallAction::allow && list_ == nullptr) list_ = &rule;
      for (const std::string& call : syscalls->calls) {
        Said& said = said_[call];
        if (syscalls->action == SyscallAction::allow) said.allowed = true;
        if (syscalls->action != SyscallAction::allow && syscalls->args.empty())
          said.refused = &rule;
      }
    }
  }

  void run() {
    append();
    if (!any_) return;
    for (const Need& need : needs()) unmet(need);
    for (const Rule& rule : resolved_.profile.rules) idle(rule);
  }

 private:
  // The rule that keeps the call from succeeding, or null.
  [[nodiscard]] const Rule* refuser(std::string_view call) const {
    const auto found = said_.find(call);
    if (found != said_.end() && found->second.refused != nullptr) return found->second.refused;
    return list_ == nullptr || (found != said_.end() && found->second.allowed) ? nullptr : list_;
  }

  // What an abstraction grants to many is no mistake of this profile.
  [[nodiscard]] bool own(const Rule& rule) const {
    return resolved_.layers[static_cast<std::size_t>(rule.id - 1)] != Layer::abstraction;
  }

  void unmet(const Need& need) {
    for (const std::string_view call : need.calls)
      if (refuser(call) == nullptr) return;
    const Rule* by = refuser(need.calls.front());
    for (const Rule& rule : resolved_.profile.rules) {
      const Granted what = granted(rule);
      if (what.of != need.of || (what.bits & need.bit) == 0 || !own(rule)) continue;
      std::string calls;
      for (const std::string_view call : need.calls)
        calls += fmt::format("{}`{}`", calls.empty() ? "" : ", ", call);
      diagnostics_
          .add(Code::GL320,
               fmt::format("`{}` is granted, and the system calls for it are refused", need.word))
          .at(rule.span)
          .also(by->span,
                by == list_ ? "the list that begins here has none of them" : "refused here")
          .suggest(fmt::format("allow one of {}, or remove the grant", calls));
      return;
    }
  }

  // Only calls named one by one: a group is taken as a whole.
  void idle(const Rule& rule) {
    const auto* syscalls = std::get_if<SyscallRule>(&rule.body);
    if (syscalls == nullptr || syscalls->action != SyscallAction::allow ||
        !syscalls->group.empty() || !own(rule))
      return;
    for (const std::string& call : syscalls->calls) {
      std::string words;
      bool useful = false;
      for (const Need& need : needs()) {
        if (!need.only || std::ranges::find(need.calls, call) == need.calls.end()) continue;
        words += fmt::format("{}`{}`", words.empty() ? "" : ", ", need.word);
        useful = useful || is_granted(need);
      }
      if (useful || words.empty()) continue;
      diagnostics_
          .add(Code::GL321,
               fmt::format("`{}` is allowed, and nothing that it does is granted", call))
          .at(rule.span)
          .suggest(fmt::format("remove it, or grant {}", words));
    }
  }

  [[nodiscard]] bool is_granted(const Need& need) const {
    return std::ranges::any_of(resolved_.profile.rules, [&](const Rule& rule) {
      const Granted what = granted(rule);
      return what.of == need.of && (what.bits & need.bit) != 0;
    });
  }

  void append() {
    const Rule* ring = nullptr;
    for (const Rule& rule : resolved_.profile.rules) {
      const auto* kernel = std::get_if<KernelRule>(&rule.body);
      if (kernel != nullptr && (kernel->access & GL_KERNEL_IO_URING) != 0) ring = &rule;
    }
    if (ring == nullptr) return;
    for (const Rule& rule : resolved_.profile.rules) {
      const auto* path = std::get_if<PathRule>(&rule.body);
      if (path == nullptr || path->deny || (path->access & GL_FILE_APPEND) == 0 ||
          (path->access & GL_FILE_WRITE) != 0 || !own(rule))
        continue;
      diagnostics_.add(Code::GL322, "an io_uring may write over what is granted for append")
          .at(rule.span, path->glob)
          .also(ring->span, "granted here")
          .suggest("protect the history otherwise (chattr +a), or do without io_uring");
      return;
    }
  }

  const Resolved& resolved_;
  diag::Diagnostics& diagnostics_;
  bool any_ = false;
  const Rule* list_ = nullptr;  // the first grant: what is on no list is refused
  std::map<std::string, Said, std::less<>> said_;
};

}  // namespace

void lint_syscalls(const Resolved& resolved, diag::Diagnostics& diagnostics) {
  Lint(resolved, diagnostics).run();
}

}  // namespace glacis::profile
