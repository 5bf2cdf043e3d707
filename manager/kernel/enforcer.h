// SPDX-License-Identifier: Apache-2.0
// Enforcement in the running kernel: the programs and maps that are pinned in
// bpffs, the domains loaded into them, and the labels that bind tasks to
// domains. Without a daemon every command opens the pins, acts and leaves; what
// is pinned keeps enforcing.
//
// All changes are made under one lock (a lock on the pin folder), and in an
// order that leaves what was enforced in force if any step fails.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lsm/abi/event.h"
#include "lsm/abi/label.h"
#include "lsm/abi/verdict.h"
#include "manager/base/attach.h"
#include "manager/base/result.h"

namespace glacis::kernel {

inline constexpr const char* pin_folder = "/sys/fs/bpf/glacis";

struct Domain {
  std::uint32_t id = 0;
  std::string name;
  gl_mode mode = GL_MODE_NONE;
  unsigned size_class = 0;
  std::uint32_t flags = 0;  // GL_IMAGE_*, of its image
  bool watched = false;     // its decisions are told to who watches (kernel/watch.h)
  bool held = false;        // everything is refused, whatever the image grants
  std::uint32_t generation = 0;
  std::array<std::uint8_t, 32> digest{};
  std::uint64_t denied = 0;
  std::uint64_t would_deny = 0;
  std::uint64_t probes = 0;
  std::uint64_t cached = 0;
  Attachments attach;  // who enters it by itself
  // Files that are not as [[exec.digest]] names them, and why: refused as code. Of load() alone.
  std::vector<std::string> unmatched;
};

struct Counter {
  std::string name;
  std::string text;
  std::uint64_t value = 0;
};

struct Adopted {
  std::uint64_t tasks = 0;  // labelled now, threads and descendants included
  unsigned passes = 0;      // of the iterator, until two found nothing new
};

// What is refused to everybody while something is loaded (lsm/hooks/guard.h).
struct Guard {
  bool marked = false;  // it knows the mount of the pins
  bool locked = false;
  std::vector<std::string> missing;  // hooks that it needs and that are not attached
};

class Enforcer {
 public:
  // Opens what is pinned. No value: nothing is pinned, nothing is enforced.
  static Result<std::optional<Enforcer>> open();
  // Opens what is pinned, or loads the programs and pins them. Fails with
  // Exit::kernel and a hint at `glacis doctor` where the kernel can't.
  static Result<Enforcer> open_or_create();

  Enforcer(Enforcer&&) noexcept;
  Enforcer& operator=(Enforcer&&) noexcept;
  ~Enforcer();

  // Puts an image in force under `name`: a new domain, or the next image of the
  // one that has this name (its subjects follow at once, its mode is then set
  // too). The image has been read back and checked by the caller.
  Result<Domain> load(const std::string& name, std::span<const std::byte> image,
                      const std::array<std::uint8_t, 32>& digest, gl_mode mode);

  // Ends a domain; its subjects are unconfined from then on. Without any domain
  // left all programs are detached and every pin but the maps is removed.
  Status unload(const std::string& name);

  Status set_mode(const std::string& name, gl_mode mode);

  // Refuses its subjects everything that a hook asks about, in every mode, until it is let go; a
  // new image of the domain does not end it. What is refused meanwhile is counted, and has no
  // record.
  Status hold(const std::string& name, bool on);

  Result<std::vector<Domain>> domains() const;  // live ones, by name
  Result<std::set<std::string>> names() const;  // theirs, without a look at the images
  Result<Domain> find(const std::string& name) const;

  // The bytes of the image that decides in a domain, as they were loaded.
  Result<std::vector<std::byte>> image(const std::string& name) const;

  // Labels a process (its leader; it must have one thread) so that the domain
  // takes effect at its next exec. For the calling process pass getpid().
  Status label_at_exec(pid_t pid, const std::string& name);

  // The same for the first process of a container: the domain takes effect at its
  // first exec in another root than the host's. A process that waits for that
  // domain already is left as it is.
  Status label_container(pid_t pid, const std::string& name);

  // What executes in this cgroup or below it, without a label and in another root
  // than the host's, enters the domain. A cgroup keeps the domain it has.
  Status arm_cgroup(std::uint64_t cgroup, const std::string& name);
  Status disarm_cgroup(std::uint64_t cgroup);

  // Until then (CLOCK_BOOTTIME, nanoseconds) sessions of the armed cgroup enter this domain
  // instead, whatever was granted before. At its first exec afterwards, who is one enters the
  // cgroup's domain.
  Status grant_session(std::uint64_t cgroup, const std::string& name, std::uint64_t until);

  // Labels a running process, its threads and descendants at once.
  Result<Adopted> adopt(pid_t pid, const std::string& name);

  // Domain id of a process's label; no value if it has none.
  Result<std::optional<std::uint32_t>> domain_of(pid_t pid) const;

  Result<Guard> guard() const;
  // An act that must be refused, and counted as our refusal: false where no hook runs.
  Result<bool> canary() const;
  // Nothing of what is loaded can be changed any more, by anybody, until the host
  // starts again: profiles, modes, labels, pins, links.
  Status lock();

  Result<std::vector<Counter>> counters() const;
  std::vector<std::string> attached_hooks() const;

  // For the evidence recorder; owned by this object.
  int events_fd() const;    // ring buffer of struct gl_event
  int repeats_fd() const;   // hash: struct gl_repeat_key -> struct gl_repeat
  int refusals_fd() const;  // for refusals.h
  Result<std::uint64_t> last_sequence() const;

  struct State;  // manager/kernel/state.h; for this folder alone

 private:
  explicit Enforcer(State* state);
  State* state_;
};

}  // namespace glacis::kernel
