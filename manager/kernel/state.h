// SPDX-License-Identifier: Apache-2.0
// What an Enforcer holds: descriptors of the pinned maps, and small typed ways to
// read and write them. Internal to this folder.
#pragma once

#include <bpf/bpf.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lsm/abi/event.h"
#include "lsm/abi/image.h"
#include "lsm/abi/label.h"
#include "manager/base/fd.h"
#include "manager/base/hook_set.h"
#include "manager/kernel/enforcer.h"

namespace glacis::kernel {

struct Enforcer::State {
  Fd labels, settings, shared, domains, domain_ids, domain_counts, attachments, containers;
  Fd digests;
  Fd sessions;
  Fd events, repeats, refusals, refusal_tables, rates, counters, guard;
  std::array<Fd, GL_IMAGE_SIZE_COUNT> images;
};

inline std::string pin(const std::string& name) { return std::string(pin_folder) + "/" + name; }
inline std::string program_pin(const std::string& name) { return pin("programs/" + name); }
inline std::string link_pin(const std::string& hook) { return pin("links/" + hook); }

inline std::string errno_text(int error) { return std::strerror(error < 0 ? -error : error); }

template <typename T>
Result<T> lookup(const Fd& map, std::uint32_t key, const char* what) {
  T value{};
  if (bpf_map_lookup_elem(map.get(), &key, &value) != 0)
    return fail(Exit::bug, std::string("cannot read map `") + what + "`: " + errno_text(errno));
  return value;
}

template <typename T>
Status store(const Fd& map, std::uint32_t key, const T& value, const char* what) {
  if (bpf_map_update_elem(map.get(), &key, &value, BPF_ANY) != 0)
    return fail(Exit::kernel, std::string("cannot write map `") + what + "`: " + errno_text(errno),
                "run `glacis doctor`");
  return {};
}

// Every entry of a hash map; a call for a thousand of them.
template <typename Key, typename Value>
Result<std::vector<std::pair<Key, Value>>> all_entries(const Fd& map, const char* what) {
  constexpr std::uint32_t at_once = 1024;
  std::vector<Key> keys(at_once);
  std::vector<Value> values(at_once);
  std::vector<std::pair<Key, Value>> out;
  std::uint32_t last = 0;
  bool first = true;
  for (bool more = true; more; first = false) {
    std::uint32_t count = at_once;
    more = bpf_map_lookup_batch(map.get(), first ? nullptr : &last, &last, keys.data(),
                                values.data(), &count, nullptr) == 0;
    if (!more && errno != ENOENT)
      return fail(Exit::kernel, std::string("cannot read map `") + what + "`: " + errno_text(errno),
                  "run `glacis doctor`");
    for (std::uint32_t i = 0; i < count; ++i) out.emplace_back(keys[i], values[i]);
  }
  return out;
}

// One change at a time on a host; released when it goes out of scope.
class Lock {
 public:
  static Result<Lock> take();

 private:
  explicit Lock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

// All that is pinned, into `s`; read-only on a locked host.
Status open_maps(Enforcer::State& s);

// A table for what a domain is refused (refusals.h), before its image is in force.
Status give_table(const Enforcer::State& s, std::uint32_t domain, std::uint32_t generation,
                  std::uint32_t rules);
Status give_guard_table(const Enforcer::State& s);  // where it has none

// Watching (domains.cpp), each under the lock. `also`: hooks that are attached as well.
Status watch_domain(const Enforcer::State& s, const std::string& name, const HookSet& also);
Result<bool> is_watched(const Enforcer::State& s, const std::string& name);
// Of every domain; hooks that only it needed are detached.
Status end_watching(const Enforcer::State& s);

// The programs (programs.cpp).
Status ensure_programs();  // load and pin what is not pinned
Result<Fd> open_pinned(const std::string& path);
Fd open_read_only(const std::string& path);
std::string_view hook_name(unsigned hook);
Status attach_hooks(const HookSet& needed);  // those not attached yet
void detach_hooks(const HookSet& unneeded);
HookSet pinned_hooks();
std::vector<std::string> pinned_links();

// The guard (guard.cpp). Attached as long as a domain is loaded; where the root cgroup
// takes no program, all but the last.
inline constexpr HookSet guard_hooks = {GL_HOOK_SB_MOUNT, GL_HOOK_MOVE_MOUNT, GL_HOOK_SB_UMOUNT,
                                        GL_HOOK_BPF, GL_HOOK_CGROUP_SYSCTL};
// Tells the programs where the pins are.
Status mark_pins(const Enforcer::State& s);
// Attaches and detaches, and keeps what is expected to be attached.
Status attach_expected(const Enforcer::State& s, const HookSet& needed);
Status detach_expected(const Enforcer::State& s, const HookSet& unneeded);
// Exit::not_permitted where the host is locked.
Status changeable(const Enforcer::State& s);
Result<bool> is_locked();

}  // namespace glacis::kernel
