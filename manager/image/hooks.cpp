// SPDX-License-Identifier: Apache-2.0
#include "manager/image/hooks.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "lsm/abi/hooks.h"
#include "lsm/decide/file.h"
#include "lsm/decide/path.h"
#include "manager/base/signals.h"

namespace glacis::image {
namespace {

struct Need {
  std::uint32_t hook;
  std::uint32_t access;  // not needed if all of it is granted everywhere
};

constexpr std::uint32_t kWriting = GL_FILE_WRITE | GL_FILE_APPEND;
constexpr std::uint32_t kOpening = kWriting | GL_FILE_READ | GL_FILE_EXECUTE | GL_FILE_MAP_EXEC |
                                   GL_FILE_CREATE | GL_FILE_TRUNCATE;
constexpr std::uint32_t kMapping = kWriting | GL_FILE_READ | GL_FILE_EXECUTE | GL_FILE_MAP_EXEC;
constexpr std::uint32_t kCutting = kWriting | GL_FILE_TRUNCATE;
// One name operation can need several of these words (a rename replaces a
// file, a bind makes a node), so they stand or fall together.
constexpr std::uint32_t kNaming = GL_FILE_CREATE | GL_FILE_UNLINK | GL_FILE_RENAME | GL_FILE_LINK |
                                  GL_FILE_SYMLINK | GL_FILE_MKDIR | GL_FILE_RMDIR | GL_FILE_MKNOD |
                                  GL_FILE_UNIX_BIND;

constexpr Need kFileHooks[] = {
    {GL_HOOK_FILE_OPEN, kOpening},
    {GL_HOOK_FILE_RECEIVE, kOpening},
    {GL_HOOK_FILE_LOCK, GL_FILE_LOCK},
    {GL_HOOK_FILE_FCNTL, kWriting},
    {GL_HOOK_FILE_TRUNCATE, kCutting},
    {GL_HOOK_PATH_TRUNCATE, kCutting},
    {GL_HOOK_PATH_UNLINK, kNaming},
    {GL_HOOK_PATH_MKDIR, kNaming},
    {GL_HOOK_PATH_RMDIR, kNaming},
    {GL_HOOK_PATH_MKNOD, kNaming},
    {GL_HOOK_PATH_SYMLINK, kNaming},
    {GL_HOOK_PATH_LINK, kNaming},
    {GL_HOOK_PATH_RENAME, kNaming},
    {GL_HOOK_PATH_CHMOD, GL_FILE_CHMOD},
    {GL_HOOK_PATH_CHOWN, GL_FILE_CHOWN},
    {GL_HOOK_UNIX_STREAM_CONNECT, GL_FILE_UNIX_CONNECT},
    {GL_HOOK_UNIX_MAY_SEND, GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND},
    {GL_HOOK_SB_MOUNT, GL_FILE_MOUNT | GL_FILE_UMOUNT},  // mount(2) also moves
    {GL_HOOK_MOVE_MOUNT, GL_FILE_MOUNT | GL_FILE_UMOUNT},
    {GL_HOOK_SB_UMOUNT, GL_FILE_UMOUNT},
    {GL_HOOK_SB_PIVOTROOT, GL_FILE_PIVOT_ROOT},
    {GL_HOOK_PATH_CHROOT, GL_FILE_CHROOT},
    {GL_HOOK_FILE_IOCTL, GL_FILE_IOCTL},
    {GL_HOOK_FILE_IOCTL_COMPAT, GL_FILE_IOCTL},
    {GL_HOOK_INODE_SETATTR, GL_FILE_ATTRIBUTES},
    {GL_HOOK_INODE_SETXATTR, GL_FILE_ATTRIBUTES},
    {GL_HOOK_INODE_REMOVEXATTR, GL_FILE_ATTRIBUTES},
    {GL_HOOK_INODE_SET_ACL, GL_FILE_ATTRIBUTES},
    {GL_HOOK_INODE_REMOVE_ACL, GL_FILE_ATTRIBUTES},
    {GL_HOOK_INODE_FILE_SETATTR, GL_FILE_ATTRIBUTES},
};

// By the words of [kernel].
constexpr Need kKernelHooks[] = {
    {GL_HOOK_INODE_INIT_ANON, GL_KERNEL_IO_URING | GL_KERNEL_USERFAULTFD},
    {GL_HOOK_BPF, GL_KERNEL_BPF},
    {GL_HOOK_PERF_EVENT_OPEN, GL_KERNEL_PERF_EVENT},
    {GL_HOOK_KERNEL_READ_FILE, GL_KERNEL_MODULE | GL_KERNEL_KEXEC},
    {GL_HOOK_KERNEL_LOAD_DATA, GL_KERNEL_MODULE | GL_KERNEL_KEXEC},
    {GL_HOOK_KEY_PERMISSION, GL_KERNEL_KEYS},
    {GL_HOOK_USERNS_CREATE, GL_KERNEL_USER_NAMESPACE},
    {GL_HOOK_URING_SQPOLL, GL_KERNEL_IO_URING_SQPOLL},
    {GL_HOOK_URING_OVERRIDE_CREDS, GL_KERNEL_IO_URING_PERSONALITY},
    {GL_HOOK_URING_CMD, GL_KERNEL_IO_URING_CMD},
    {GL_HOOK_SYSLOG, GL_KERNEL_SYSLOG},
    {GL_HOOK_SB_REMOUNT, GL_KERNEL_REMOUNT},
    {GL_HOOK_IPC_PERMISSION, GL_KERNEL_SYSV_IPC},
    {GL_HOOK_SHM_ALLOC, GL_KERNEL_SYSV_IPC},
    {GL_HOOK_SHM_CTL, GL_KERNEL_SYSV_IPC},
    {GL_HOOK_MSG_ALLOC, GL_KERNEL_SYSV_IPC},
    {GL_HOOK_MSG_CTL, GL_KERNEL_SYSV_IPC},
    {GL_HOOK_SEM_ALLOC, GL_KERNEL_SYSV_IPC},
    {GL_HOOK_SEM_CTL, GL_KERNEL_SYSV_IPC},
};

// By what is granted to any task.
constexpr Need kTaskHooks[] = {
    {GL_HOOK_PTRACE_ACCESS_CHECK, GL_TASK_INSPECT | GL_TASK_TRACE},
    {GL_HOOK_PTRACE_TRACEME, GL_TASK_INSPECT | GL_TASK_TRACE},
    {GL_HOOK_TASK_KILL, GL_TASK_SIGNAL},
    {GL_HOOK_FILE_FCNTL, GL_TASK_SIGNAL},  // names who gets signals of a file
    {GL_HOOK_TASK_SETNICE, GL_TASK_SCHEDULE},
    {GL_HOOK_TASK_SETSCHEDULER, GL_TASK_SCHEDULE},
    {GL_HOOK_TASK_SETIOPRIO, GL_TASK_SCHEDULE},
    {GL_HOOK_TASK_SETRLIMIT, GL_TASK_SCHEDULE},
};

// Always: the label's life and what comes along at the exec that enters, and sockets, since a kind
// without a name in lsm/abi/access.h is refused under every image.
constexpr HookSet kAlways = {
    GL_HOOK_BPRM_CREDS_FROM_FILE, GL_HOOK_TASK_ALLOC,     GL_HOOK_TASK_FREE,
    GL_HOOK_BPRM_CHECK,           GL_HOOK_BPRM_COMMITTED, GL_HOOK_SOCKET_CREATE,
    GL_HOOK_SOCKET_BIND,          GL_HOOK_SOCKET_CONNECT, GL_HOOK_SOCKET_LISTEN,
    GL_HOOK_SOCKET_SENDMSG};

// The accesses that every name gets: what `allow` holds after each string of
// bytes from `lowest` on that ends (is fed last) with `last`. It walks all
// states, but stops as soon as nothing is left, for most images at the first.
std::uint32_t granted_to_all(const ImageView& image, unsigned lowest, std::uint8_t last) {
  const std::uint32_t comb = image.header().comb.offset;
  const auto step = [&](std::uint32_t state, unsigned byte) {
    return gl_path_step(image.base(), image.mask(), comb, state, static_cast<std::uint8_t>(byte));
  };
  std::vector<std::uint8_t> samples;  // a byte of each class
  std::array<bool, 256> known{};
  for (unsigned c = lowest; c < 256; ++c) {
    if (known[image.header().classes[c]]) continue;
    known[image.header().classes[c]] = true;
    samples.push_back(static_cast<std::uint8_t>(c));
  }
  std::uint32_t granted = GL_FILE_ALL;
  std::vector<bool> seen(image.comb().size(), false);
  std::vector<std::uint32_t> queue{gl_path_start(image.base())};
  seen[queue[0]] = true;
  for (std::size_t i = 0; i < queue.size() && granted != 0; ++i) {
    const std::uint32_t end = step(queue[i], last);
    granted &= gl_path_accept(image.base(), image.mask(), end).allow;
    for (const std::uint8_t byte : samples) {
      const std::uint32_t next = step(queue[i], byte);
      if (!seen[next]) queue.push_back(next);
      seen[next] = true;
    }
  }
  return granted;
}

std::uint32_t granted_everywhere(const ImageView& image) {
  constexpr std::uint32_t kUnix = GL_FILE_UNIX_BIND | GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND;
  std::uint32_t granted = granted_to_all(image, 1, '/');
  if (granted & kUnix) granted &= ~kUnix | granted_to_all(image, 0, '@');
  for (unsigned ending = GL_ENDING_ROOTED + 1; ending < GL_ENDING_COUNT; ++ending)
    granted &= image.header().endings[ending].allow;
  return granted;
}

// The accesses to other tasks that no request could be refused: granted to any
// peer, with every signal, and denied to none.
std::uint32_t granted_to_any(const ImageView& image) {
  std::uint32_t granted = 0, denied = 0;
  std::uint64_t signals = 0;
  for (const gl_peer& peer : image.peers()) {
    if (peer.deny) denied |= peer.access;
    if (peer.deny || peer.name != GL_PEER_ANY) continue;
    granted |= peer.access;
    signals |= peer.signals;
  }
  if (signals != every_signal) denied |= GL_TASK_SIGNAL;
  return granted & ~denied;
}

// Whether a rule refuses to reach sockets of some peers, whatever their names.
bool refuses_listeners(const ImageView& image) {
  return std::ranges::any_of(image.peers(), [](const gl_peer& peer) {
    return peer.deny != 0 && (peer.access & GL_TASK_CONNECT) != 0;
  });
}

HookSet needed(std::span<const Need> hooks, std::uint32_t granted) {
  HookSet out;
  for (const auto& [hook, access] : hooks)
    if (access & ~granted) out.add(hook);
  return out;
}

}  // namespace

HookSet needed_hooks(const ImageView& image) {
  const gl_image& header = image.header();
  const std::uint32_t granted = granted_everywhere(image);
  HookSet hooks = kAlways;
  hooks |= needed(kFileHooks, granted);
  hooks |= needed(kKernelHooks, header.kernel);
  hooks |= needed(kTaskHooks, granted_to_any(image));
  if (refuses_listeners(image))
    hooks |= HookSet{GL_HOOK_UNIX_STREAM_CONNECT, GL_HOOK_UNIX_MAY_SEND};
  if ((kMapping & ~granted) || header.memory != GL_MEMORY_ALL || header.digests.count != 0)
    hooks |= HookSet{GL_HOOK_MMAP_FILE, GL_HOOK_FILE_MPROTECT};
  if (header.capabilities != (1ull << GL_CAP_COUNT) - 1) hooks.add(GL_HOOK_CAPABLE);
  return hooks;
}

}  // namespace glacis::image
