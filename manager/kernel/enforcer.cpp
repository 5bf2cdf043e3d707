// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/enforcer.h"

#include <bpf/libbpf.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "manager/kernel/state.h"

namespace glacis::kernel {
namespace {

Status need_root() {
  if (::geteuid() == 0) return {};
  return fail(Exit::not_permitted, "this needs root", "run it with sudo", "nothing was changed");
}

// Maps are pinned before the programs are verified, and settings are written after that:
// without a version there is what somebody who loads is about to finish, or left
// unfinished. Nothing is attached then, and whoever loads next goes on from there.
Result<bool> is_loaded() {
  const auto path = pin("settings");
  if (::access(path.c_str(), F_OK) != 0) {
    if (pinned_links().empty()) return false;
    return fail(Exit::partial, "pins are missing beside links that enforce: nothing can be changed",
                "restart the host, or end enforcement: remove /sys/fs/bpf/glacis and start again",
                "what they enforce stays in force");
  }
  const Fd map(open_read_only(path));
  if (!map)
    return fail(Exit::not_permitted, "cannot read " + path + ": " + errno_text(errno),
                "run `glacis doctor`");
  const auto settings = lookup<gl_settings>(map, 0, "settings");
  if (!settings) return std::unexpected(settings.error());
  return settings->abi != 0;
}

}  // namespace

// Locked, who opens a map for writing that decides is refused and recorded.
Status open_maps(Enforcer::State& s) {
  const auto locked = is_locked();
  if (!locked) return std::unexpected(locked.error());
  const std::pair<Fd*, const char*> maps[] = {
      {&s.labels, "labels"},         {&s.settings, "settings"},
      {&s.shared, "shared"},         {&s.domains, "domains"},
      {&s.events, "events"},         {&s.domain_counts, "domain_counts"},
      {&s.repeats, "repeats"},       {&s.counters, "counters"},
      {&s.images[0], "images_0"},    {&s.images[1], "images_1"},
      {&s.images[2], "images_2"},    {&s.images[3], "images_3"},
      {&s.domain_ids, "domain_ids"}, {&s.attachments, "attachments"},
      {&s.digests, "digests"},       {&s.containers, "containers"},
      {&s.sessions, "sessions"},     {&s.guard, "guard"},
      {&s.refusals, "refusals"},     {&s.refusal_tables, "refusal_tables"},
      {&s.rates, "rates"},
  };
  for (const auto& [fd, name] : maps) {
    if (::access(pin(name).c_str(), F_OK) != 0)
      return fail(Exit::partial,
                  "the map `" + std::string(name) +
                      "` is not pinned: another version of Glacis enforces on this host, or "
                      "somebody removed the pin",
                  "use the version of Glacis that loaded it", "what it enforces stays in force");
    const bool kept = fd == &s.events || fd == &s.repeats;  // by who keeps evidence
    auto opened = *locked && !kept ? Result<Fd>(open_read_only(pin(name))) : open_pinned(pin(name));
    if (!opened) return std::unexpected(opened.error());
    *fd = std::move(*opened);
    if (!*fd)
      return fail(Exit::not_permitted, "cannot read " + pin(name) + ": " + errno_text(errno),
                  "run `glacis doctor`");
  }
  auto settings = lookup<gl_settings>(s.settings, 0, "settings");
  if (!settings) return std::unexpected(settings.error());
  if (settings->abi != GL_ABI)
    return fail(Exit::partial,
                "what is pinned has ABI version " + std::to_string(settings->abi) +
                    ", this program knows " + std::to_string(GL_ABI),
                "use the version of Glacis that loaded it", "what it enforces stays in force");
  return {};
}

Enforcer::Enforcer(State* state) : state_(state) {}
Enforcer::Enforcer(Enforcer&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
Enforcer& Enforcer::operator=(Enforcer&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}
Enforcer::~Enforcer() { std::unique_ptr<State> owned(state_); }

Result<std::optional<Enforcer>> Enforcer::open() {
  if (auto root = need_root(); !root) return std::unexpected(root.error());
  const auto loaded = is_loaded();
  if (!loaded) return std::unexpected(loaded.error());
  if (!*loaded) return std::optional<Enforcer>{};
  auto state = std::make_unique<State>();
  if (auto opened = open_maps(*state); !opened) return std::unexpected(opened.error());
  return std::optional<Enforcer>(Enforcer(state.release()));
}

Result<Enforcer> Enforcer::open_or_create() {
  if (auto root = need_root(); !root) return std::unexpected(root.error());
  auto lock = Lock::take();
  if (!lock) return std::unexpected(lock.error());
  const auto locked = is_locked();
  if (!locked) return std::unexpected(locked.error());
  if (const auto whole = is_loaded(); !whole) return std::unexpected(whole.error());
  if (!*locked)
    if (auto ready = ensure_programs(); !ready) return std::unexpected(ready.error());
  auto state = std::make_unique<State>();
  if (auto opened = open_maps(*state); !opened) return std::unexpected(opened.error());
  if (!*locked)
    if (auto done = give_guard_table(*state); !done) return std::unexpected(done.error());
  return Enforcer(state.release());
}

Result<std::vector<Counter>> Enforcer::counters() const {
  static constexpr struct {
    std::uint32_t id;
    const char* name;
    const char* text;
  } known[] = {
#define GL_X_KNOWN(n, v, w, t) {v, w, t},
      GL_COUNTERS(GL_X_KNOWN)};
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return fail(Exit::kernel, "cannot count processors: " + errno_text(cpus));
  std::vector<Counter> counters;
  std::vector<std::uint64_t> values(static_cast<std::size_t>(cpus));
  for (const auto& counter : known) {
    if (bpf_map_lookup_elem(state_->counters.get(), &counter.id, values.data()) != 0)
      return fail(Exit::bug, "cannot read the counters: " + errno_text(errno));
    std::uint64_t sum = 0;
    for (const auto value : values) sum += value;
    counters.push_back({counter.name, counter.text, sum});
  }
  return counters;
}

std::vector<std::string> Enforcer::attached_hooks() const { return pinned_links(); }
int Enforcer::events_fd() const { return state_->events.get(); }
int Enforcer::repeats_fd() const { return state_->repeats.get(); }
int Enforcer::refusals_fd() const { return state_->refusal_tables.get(); }

Result<std::uint64_t> Enforcer::last_sequence() const {
  auto shared = lookup<gl_shared>(state_->shared, 0, "shared");
  if (!shared) return std::unexpected(shared.error());
  return shared->seq;
}

}  // namespace glacis::kernel
