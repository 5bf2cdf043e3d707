// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/watch.h"

#include <fcntl.h>
#include <sys/file.h>

#include <utility>

#include "lsm/abi/watch.h"
#include "manager/kernel/state.h"

namespace glacis::kernel {

struct Watch::Parts {
  Enforcer::State state;
  std::string domain;
  HookSet also;
  Fd held;  // locked while somebody watches
  std::uint64_t first = 0;
};

namespace {

Result<Fd> hold() {
  Fd fd(::open(pin("programs").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail(Exit::usage, "nothing is in force on this host", "load a profile first");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Exit::not_permitted, "somebody watches decisions already",
                "wait for the other `glacis candidate` or `glacis trace`");
  return fd;
}

// What was told once is told again.
Status forget_kinds() {
  const auto kinds = open_pinned(pin("watched_kinds"));
  if (!kinds) return std::unexpected(kinds.error());
  gl_repeat_key key{};
  while (bpf_map_get_next_key(kinds->get(), nullptr, &key) == 0)
    if (bpf_map_delete_elem(kinds->get(), &key) != 0 && errno != ENOENT)
      return fail(Exit::kernel, "cannot clear map `watched_kinds`: " + errno_text(errno));
  return {};
}

Result<std::uint64_t> numbered(const Enforcer::State& state) {
  const auto shared = lookup<gl_shared>(state.shared, 0, "shared");
  if (!shared) return std::unexpected(shared.error());
  return shared->watched;
}

}  // namespace

Watch::Watch(std::unique_ptr<Parts> parts, Fd ring_fd, Ring ring)
    : parts_(std::move(parts)), ring_fd_(std::move(ring_fd)), ring_(std::move(ring)) {}
Watch::Watch(Watch&&) noexcept = default;
Watch::~Watch() {
  if (parts_) (void)end_watching(parts_->state);
}

Result<Watch> Watch::start(const std::string& domain, const HookSet& also) {
  auto parts = std::make_unique<Parts>();
  auto held = hold();
  if (!held) return std::unexpected(held.error());
  parts->held = std::move(*held);
  parts->domain = domain;
  parts->also = also;
  if (auto done = open_maps(parts->state); !done) return std::unexpected(done.error());
  auto fd = open_pinned(pin("watched"));
  if (!fd || !*fd)
    return fail(Exit::kernel, "what is pinned is of a version that cannot be watched",
                "load a profile again, which brings the programs up to date");
  auto ring = Ring::open(fd->get());
  if (!ring) return std::unexpected(ring.error());
  if (auto done = end_watching(parts->state); !done) return std::unexpected(done.error());
  if (auto done = forget_kinds(); !done) return std::unexpected(done.error());
  ring->commit(ring->take([](auto) {}).end);
  const auto first = numbered(parts->state);
  if (!first) return std::unexpected(first.error());
  parts->first = *first;
  Watch watch(std::move(parts), std::move(*fd), std::move(*ring));
  if (auto done = watch.renew(); !done) return std::unexpected(done.error());
  return watch;
}

Result<bool> Watch::holds() const { return is_watched(parts_->state, parts_->domain); }

Status Watch::renew() { return watch_domain(parts_->state, parts_->domain, parts_->also); }

void Watch::read(const TakeRecord& each) {
  const Taken taken = ring_.take([&](std::span<const std::byte> bytes) {
    ++seen_;
    each(bytes);
  });
  ring_.commit(taken.end);
}

Result<std::uint64_t> Watch::lost() const {
  const auto last = numbered(parts_->state);
  if (!last) return std::unexpected(last.error());
  const std::uint64_t given = *last - parts_->first;
  return given > seen_ ? given - seen_ : 0;
}

}  // namespace glacis::kernel
