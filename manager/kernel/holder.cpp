// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/holder.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "lsm/abi/guard.h"
#include "manager/kernel/state.h"

namespace glacis::kernel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view links_folder = "links/";
constexpr std::string_view programs_folder = "programs/";

// Locked, programs are handed out to nobody, and maps for reading alone.
Fd open_to_hold(const std::string& name, bool locked) {
  const std::string path = pin(name);
  if (name.starts_with(links_folder) || !locked) return Fd(bpf_obj_get(path.c_str()));
  return name.starts_with(programs_folder) ? Fd() : open_read_only(path);
}

}  // namespace

void Holder::take(std::map<std::string, Fd> kept) {
  for (auto& [name, fd] : kept) held_[name] = {std::move(fd), 0};
}

int Holder::descriptor(const std::string& name) const {
  const auto at = held_.find(name);
  return at == held_.end() ? -1 : at->second.fd.get();
}

Result<Holder::Pins> Holder::pinned() {
  Pins out;
  std::error_code error;
  if (!fs::exists(pin_folder, error)) return out;
  for (fs::recursive_directory_iterator at(pin_folder, error), end; at != end && !error;
       at.increment(error)) {
    struct stat about{};
    if (::lstat(at->path().c_str(), &about) == 0 && S_ISREG(about.st_mode))
      out.emplace(at->path().lexically_relative(pin_folder).native(), about.st_ino);
  }
  if (error)
    return fail(Exit::kernel, std::string("cannot list ") + pin_folder + ": " + error.message());
  return out;
}

// Hooks that a command detached are not among those that the guard expects. A link
// that nobody can ask about is kept: to hold one too many costs little.
bool Holder::ended(const std::string& name) const {
  if (!name.starts_with(links_folder)) return false;
  const auto guard = held_.find("guard");
  gl_guard known{};
  const std::uint32_t zero = 0;
  if (guard == held_.end() || bpf_map_lookup_elem(guard->second.fd.get(), &zero, &known) != 0)
    return false;
  const HookSet expected(known.attached);
  for (unsigned hook = GL_HOOK_NONE + 1; hook < GL_HOOK_COUNT; ++hook)
    if (name.substr(links_folder.size()) == hook_name(hook)) return !expected.has(hook);
  return true;
}

// Under the lock of commands: what one of them is about to pin is not missing.
Status Holder::restore(Changes& changes) {
  const auto lock = Lock::take();
  if (!lock) return std::unexpected(lock.error());
  const auto pins = pinned();
  if (!pins) return std::unexpected(pins.error());
  for (auto at = held_.begin(); at != held_.end();) {
    const auto& [name, held] = *at;
    if (pins->contains(name)) {
      ++at;
      continue;
    }
    if (ended(name)) {
      changes.dropped.push_back(name);
      at = held_.erase(at);
      continue;
    }
    for (const auto& folder : {std::string(pin_folder), pin("programs"), pin("links")})
      ::mkdir(folder.c_str(), 0700);
    const bool done = bpf_obj_pin(held.fd.get(), pin(name).c_str()) == 0;
    (done ? changes.restored : changes.lost).push_back(name);
    ++at;
  }
  return {};
}

Result<Holder::Changes> Holder::refresh() {
  Changes out;
  const auto pins = pinned();
  if (!pins) return std::unexpected(pins.error());
  const auto locked = is_locked();
  if (!locked) return std::unexpected(locked.error());
  for (const auto& [name, inode] : *pins) {
    Held& held = held_[name];
    if (held.fd && held.inode == inode) continue;
    if (Fd fd = open_to_hold(name, *locked)) {
      held = {std::move(fd), inode};
      out.taken.push_back(name);
    } else if (!held.fd) {
      held_.erase(name);
    }
  }
  const bool missing =
      std::ranges::any_of(held_, [&](const auto& one) { return !pins->contains(one.first); });
  if (missing)
    if (auto done = restore(out); !done) return std::unexpected(done.error());
  return out;
}

}  // namespace glacis::kernel
