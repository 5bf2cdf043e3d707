// SPDX-License-Identifier: Apache-2.0
// The guard over what enforces; lsm/hooks/guard.h has what it refuses.
#include "lsm/abi/guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lsm/abi/hooks.h"
#include "manager/kernel/layout.h"
#include "manager/kernel/state.h"

namespace glacis::kernel {
namespace {

// Attached only while locked: none costs anything before.
constexpr HookSet lock_hooks = {GL_HOOK_BPF_MAP, GL_HOOK_BPF_PROG, GL_HOOK_INODE_UNLINK,
                                GL_HOOK_INODE_RMDIR, GL_HOOK_INODE_RENAME};

// What decides. The ring, its repeats and its counters are left out: whoever keeps
// evidence must write to them.
constexpr const char* deciding_maps[] = {
    "labels",      "spilled_labels", "settings",       "shared",   "domains", "domain_ids",
    "attachments", "digests",        "containers",     "sessions", "roots",   "root_numbers",
    "images_0",    "images_1",       "images_2",       "images_3", "walks",   "listeners",
    "guard",       "refusals",       "refusal_tables", "rates"};
static_assert(std::size(deciding_maps) <= GL_GUARD_MAPS);

Result<std::uint32_t> id_of(const Fd& map) {
  bpf_map_info info{};
  __u32 size = sizeof info;
  if (bpf_obj_get_info_by_fd(map.get(), &info, &size) != 0)
    return fail(Exit::kernel, "cannot identify a map: " + errno_text(errno));
  return info.id;
}

// The pins as the host sees them: who loads may be in a mount namespace of its own,
// whose mount of the same file system says nothing of the host's.
Result<Fd> open_pins_mount() {
  const std::string own = "/sys/fs/bpf", host = "/proc/1/root/sys/fs/bpf";
  struct stat here{}, there{};
  if (::stat(own.c_str(), &here) != 0)
    return fail(Exit::kernel, "cannot look at " + own + ": " + errno_text(errno));
  const bool same = ::stat(host.c_str(), &there) == 0 && here.st_dev == there.st_dev;
  Fd fd(::open(same ? host.c_str() : own.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) return fail(Exit::kernel, "cannot open " + own + ": " + errno_text(errno));
  return fd;
}

}  // namespace

Status mark_pins(const Enforcer::State& s) {
  auto guard = lookup<gl_guard>(s.guard, 0, "guard");
  if (!guard) return std::unexpected(guard.error());
  const auto pins = open_pins_mount();
  if (!pins) return std::unexpected(pins.error());
  const auto mount = mount_of(pins->get());
  if (!mount) return std::unexpected(mount.error());
  guard->mount = *mount;
  return store(s.guard, 0, *guard, "guard");
}

Status attach_expected(const Enforcer::State& s, const HookSet& needed) {
  auto guard = lookup<gl_guard>(s.guard, 0, "guard");
  if (!guard) return std::unexpected(guard.error());
  HookSet expected(guard->attached);
  expected |= needed;
  if (auto done = attach_hooks(needed); !done) return done;
  if (expected == HookSet(guard->attached)) return {};
  guard->attached = expected.raw();
  return store(s.guard, 0, *guard, "guard");
}

// First told, then done: what is expected and missing is put back by whoever holds it.
Status detach_expected(const Enforcer::State& s, const HookSet& unneeded) {
  auto guard = lookup<gl_guard>(s.guard, 0, "guard");
  if (!guard) return std::unexpected(guard.error());
  guard->attached = HookSet(guard->attached).without(unneeded).raw();
  if (auto done = store(s.guard, 0, *guard, "guard"); !done) return done;
  detach_hooks(unneeded);
  return {};
}

Status changeable(const Enforcer::State& s) {
  const auto guard = lookup<gl_guard>(s.guard, 0, "guard");
  if (!guard) return std::unexpected(guard.error());
  if (guard->locked == 0) return {};
  return fail(Exit::not_permitted, "what this host enforces is locked until it starts again",
              "restart the host to change it", "nothing was changed");
}

Result<bool> is_locked() {
  Fd map(open_read_only(pin("guard")));
  if (!map) return false;  // of a version that had none
  const auto guard = lookup<gl_guard>(map, 0, "guard");
  if (!guard) return std::unexpected(guard.error());
  return guard->locked != 0;
}

Result<Guard> Enforcer::guard() const {
  const auto guard = lookup<gl_guard>(state_->guard, 0, "guard");
  if (!guard) return std::unexpected(guard.error());
  Guard out{.marked = guard->mount != 0, .locked = guard->locked != 0, .missing = {}};
  const HookSet pinned = pinned_hooks();
  HookSet needed = guard_hooks;
  if (out.locked) needed |= lock_hooks;
  for (unsigned hook = GL_HOOK_NONE + 1; hook < GL_HOOK_COUNT; ++hook)
    if (needed.has(hook) && !pinned.has(hook)) out.missing.emplace_back(hook_name(hook));
  return out;
}

Result<bool> Enforcer::canary() const {
  // A command that writes the map meanwhile takes a count back: once more tells.
  constexpr int tries = 3;
  for (int i = 0; i < tries; ++i) {
    const auto before = lookup<gl_guard>(state_->guard, 0, "guard");
    if (!before) return std::unexpected(before.error());
    bpf_attr none{};
    const bool refused = ::syscall(SYS_bpf, GL_CANARY, &none, sizeof none) != 0 && errno == EPERM;
    const auto after = lookup<gl_guard>(state_->guard, 0, "guard");
    if (!after) return std::unexpected(after.error());
    // A filter of system calls also answers EPERM; only our own refusal counts.
    if (refused && after->canary != before->canary) return true;
  }
  return false;
}

Status Enforcer::lock() {
  auto held = Lock::take();
  if (!held) return std::unexpected(held.error());
  if (auto open = changeable(*state_); !open) return open;
  auto guard = lookup<gl_guard>(state_->guard, 0, "guard");
  if (!guard) return std::unexpected(guard.error());
  if (guard->mount == 0)
    return fail(Exit::kernel, "the guard does not know where the pins are", "load a profile first",
                "nothing was locked");
  guard->maps = 0;
  std::vector<Fd> maps;
  for (const char* name : deciding_maps) {
    auto map = open_pinned(pin(name));
    if (!map) return std::unexpected(map.error());
    const auto id = id_of(*map);
    if (!id) return std::unexpected(id.error());
    guard->map_ids[guard->maps++] = *id;
    maps.push_back(std::move(*map));
  }
  if (auto done = attach_hooks(lock_hooks); !done) {
    detach_hooks(lock_hooks);
    return done;
  }
  HookSet expected(guard->attached);
  expected |= lock_hooks;
  guard->attached = expected.raw();
  guard->locked = 1;
  if (auto done = store(state_->guard, 0, *guard, "guard"); !done) return done;
  // Also against descriptors that somebody has already.
  for (std::size_t i = 0; i < maps.size(); ++i)
    if (bpf_map_freeze(maps[i].get()) != 0)
      return fail(Exit::partial,
                  std::string("cannot freeze map `") + deciding_maps[i] + "`: " + errno_text(errno),
                  "whoever has it open for writing can change it",
                  "the host is locked but for that");
  return {};
}

}  // namespace glacis::kernel
