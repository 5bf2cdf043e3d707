// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/apparmor/capabilities.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace glacis::oracle {
namespace {

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }

int error_of(long result) { return result < 0 ? errno : 0; }

int nothing() { return -1; }

// No path leads to such a file, and AppArmor asks about paths.
int file_of(uid_t owner, gid_t group, mode_t mode) {
  const int fd = ::memfd_create("act", 0);
  return fd >= 0 && ::fchown(fd, owner, group) == 0 && ::fchmod(fd, mode) == 0 ? fd : -1;
}
int own_file() { return file_of(0, 0, 0600); }
int closed_file() { return file_of(0, 0, 0); }
int other_file() { return file_of(1, 1, 0600); }
int group_file() { return file_of(0, 5, 0600); }

int limit(int resource, rlim_t most) {
  const rlimit both{most, most};
  return ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

int other_semaphore() {
  const int id = ::semget(IPC_PRIVATE, 1, 0);
  semid_ds owner{};
  owner.sem_perm.uid = owner.sem_perm.gid = 1;
  return id >= 0 && ::semctl(id, 0, IPC_SET, &owner) == 0 ? id : -1;
}

int look_at_semaphore(int id) {
  const int error = error_of(::semctl(id, 0, GETVAL));
  ::semctl(id, 0, IPC_RMID);  // its maker may
  return error;
}

int reopen(int fd) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "/proc/self/fd/%d", fd);
  return error_of(::open(name.data(), O_RDWR | O_CLOEXEC));
}

// Without the capability the bit is left out, and the call passes.
int keep_set_group(int fd) {
  struct stat seen{};
  if (::fchmod(fd, 02755) != 0 || ::fstat(fd, &seen) != 0) return errno;
  return (seen.st_mode & S_ISGID) != 0 ? 0 : EPERM;
}

int same_flags(int fd) {
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  if (::ioctl(fd, SIOCGIFFLAGS, &request) != 0) return errno;
  return error_of(::ioctl(fd, SIOCSIFFLAGS, &request));
}

int same_host_name(int) {
  std::array<char, 65> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return errno;
  return error_of(::sethostname(name.data(), std::strlen(name.data())));
}

int same_clock(int) {
  timex now{};
  if (::adjtimex(&now) < 0) return errno;
  now.modes = ADJ_STATUS;
  return error_of(::adjtimex(&now));
}

int lock_a_page(int) {
  void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? errno : error_of(::mlock(page, 4096));
}

int file_capability(int fd) {
  const vfs_cap_data none{VFS_CAP_REVISION_2, {}};
  return error_of(::fsetxattr(fd, "security.capability", &none, XATTR_CAPS_SZ_2, 0));
}

int count_the_kernel(int) {
  perf_event_attr event{};
  event.type = PERF_TYPE_SOFTWARE;
  event.size = sizeof event;
  event.config = PERF_COUNT_SW_CPU_CLOCK;
  return error_of(::syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
}

int make_a_map(int) {
  bpf_attr map{};
  map.map_type = BPF_MAP_TYPE_ARRAY;
  map.key_size = map.value_size = 4;
  map.max_entries = 1;
  return error_of(::syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map));
}

int some_socket() { return ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); }

// Left out, since rules of other classes decide them too: kill (signal), net_bind_service,
// net_raw and audit_* (network), sys_ptrace (ptrace), mknod (path), checkpoint_restore (a
// file in /proc); and linux_immutable, whose flag not every file system has, mac_* and
// block_suspend, which no call answers for, net_broadcast, which nothing asks for.
constexpr Act all[] = {
    {CAP_CHOWN, bit(CAP_CHOWN), own_file, [](int fd) { return error_of(::fchown(fd, 1, 1)); }},
    {CAP_DAC_OVERRIDE, bit(CAP_DAC_OVERRIDE), closed_file, reopen},
    {CAP_DAC_READ_SEARCH, bit(CAP_DAC_READ_SEARCH), own_file,
     [](int fd) { return error_of(::syscall(SYS_open_by_handle_at, fd, nullptr, O_RDONLY)); }},
    {CAP_FOWNER, bit(CAP_FOWNER), other_file, [](int fd) { return error_of(::fchmod(fd, 0640)); }},
    {CAP_FSETID, bit(CAP_FSETID), group_file, keep_set_group},
    {CAP_SETGID, bit(CAP_SETGID), nothing,
     [](int) { return error_of(::syscall(SYS_setresgid, 1, 1, 1)); }},
    {CAP_SETUID, bit(CAP_SETUID), nothing,
     [](int) { return error_of(::syscall(SYS_setresuid, 1, 1, 1)); }},
    {CAP_SETPCAP, bit(CAP_SETPCAP), nothing,
     [](int) { return error_of(::prctl(PR_CAPBSET_DROP, CAP_WAKE_ALARM, 0, 0, 0)); }},
    {CAP_NET_ADMIN, bit(CAP_NET_ADMIN), some_socket, same_flags},
    {CAP_IPC_LOCK, bit(CAP_IPC_LOCK), [] { return limit(RLIMIT_MEMLOCK, 0); }, lock_a_page},
    {CAP_IPC_OWNER, bit(CAP_IPC_OWNER), other_semaphore, look_at_semaphore},
    {CAP_SYS_MODULE, bit(CAP_SYS_MODULE), nothing,
     [](int) { return error_of(::syscall(SYS_init_module, nullptr, 0, "")); }},
    {CAP_SYS_RAWIO, bit(CAP_SYS_RAWIO), nothing, [](int) { return error_of(::iopl(3)); }},
    {CAP_SYS_CHROOT, bit(CAP_SYS_CHROOT), nothing, [](int) { return error_of(::chroot("/")); }},
    {CAP_SYS_PACCT, bit(CAP_SYS_PACCT), nothing, [](int) { return error_of(::acct(nullptr)); }},
    {CAP_SYS_ADMIN, bit(CAP_SYS_ADMIN), nothing, same_host_name},
    {CAP_SYS_BOOT, bit(CAP_SYS_BOOT), nothing,
     [](int) { return error_of(::syscall(SYS_reboot, 0, 0, 0, nullptr)); }},
    {CAP_SYS_NICE, bit(CAP_SYS_NICE), nothing,
     [](int) { return error_of(::setpriority(PRIO_PROCESS, 0, -1)); }},
    {CAP_SYS_RESOURCE, bit(CAP_SYS_RESOURCE), [] { return limit(RLIMIT_NOFILE, 64); },
     [](int) { return error_of(limit(RLIMIT_NOFILE, 128)); }},
    {CAP_SYS_TIME, bit(CAP_SYS_TIME), nothing, same_clock},
    {CAP_SYS_TTY_CONFIG, bit(CAP_SYS_TTY_CONFIG), [] { return ::setsid() < 0 ? -1 : 0; },
     [](int) { return error_of(::vhangup()); }},
    {CAP_LEASE, bit(CAP_LEASE), other_file,
     [](int fd) { return error_of(::fcntl(fd, F_SETLEASE, F_RDLCK)); }},
    {CAP_SETFCAP, bit(CAP_SETFCAP), own_file, file_capability},
    {CAP_SYSLOG, bit(CAP_SYSLOG) | bit(CAP_SYS_ADMIN), nothing,
     [](int) { return error_of(::klogctl(9, nullptr, 0)); }},
    {CAP_WAKE_ALARM, bit(CAP_WAKE_ALARM), nothing,
     [](int) { return error_of(::timerfd_create(CLOCK_BOOTTIME_ALARM, TFD_CLOEXEC)); }},
    {CAP_PERFMON, bit(CAP_PERFMON) | bit(CAP_SYS_ADMIN), nothing, count_the_kernel},
    {CAP_BPF, bit(CAP_BPF) | bit(CAP_SYS_ADMIN), nothing, make_a_map},
};

constexpr int kNotEntered = 2;

// What it is refused with is one of two; any other error is of what comes behind.
[[noreturn]] void child(const std::string& label, const Act& act) {
  const int given = act.prepare();
  const int current = ::open("/proc/self/attr/current", O_WRONLY | O_CLOEXEC);
  const std::string order = "changeprofile " + label;
  if (::write(current, order.data(), order.size()) != static_cast<ssize_t>(order.size()))
    ::_exit(kNotEntered);
  const int error = act.attempt(given);
  ::_exit(error == EPERM || error == EACCES ? 1 : 0);
}

}  // namespace

std::span<const Act> acts() { return all; }

std::optional<std::uint32_t> attempt(const std::string& label, int capability) {
  const auto act = std::ranges::find(all, capability, &Act::capability);
  if (act == std::end(all)) return std::nullopt;
  const pid_t pid = ::fork();
  if (pid < 0) return std::nullopt;
  if (pid == 0) child(label, *act);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) == kNotEntered) return std::nullopt;
  return WEXITSTATUS(status) == 0 ? 1U : 0U;
}

}  // namespace glacis::oracle
