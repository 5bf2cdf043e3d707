// SPDX-License-Identifier: Apache-2.0
#include "manager/image/hooks.h"

#include <array>
#include <vector>

#include "lsm/abi/hooks.h"
#include "lsm/decide/file.h"
#include "lsm/decide/path.h"

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
};

// Always: the label's life, and sockets, since a kind without a name in
// lsm/abi/access.h is refused under every image.
constexpr std::uint64_t kAlways =
    GL_HOOK_BIT(GL_HOOK_TASK_ALLOC) | GL_HOOK_BIT(GL_HOOK_TASK_FREE) |
    GL_HOOK_BIT(GL_HOOK_BPRM_CHECK) | GL_HOOK_BIT(GL_HOOK_BPRM_COMMITTED) |
    GL_HOOK_BIT(GL_HOOK_SOCKET_CREATE) | GL_HOOK_BIT(GL_HOOK_SOCKET_BIND) |
    GL_HOOK_BIT(GL_HOOK_SOCKET_CONNECT) | GL_HOOK_BIT(GL_HOOK_SOCKET_LISTEN) |
    GL_HOOK_BIT(GL_HOOK_SOCKET_SENDMSG);

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

}  // namespace

std::uint64_t needed_hooks(const ImageView& image) {
  const gl_image& header = image.header();
  const std::uint32_t granted = granted_everywhere(image);
  std::uint64_t hooks = kAlways;
  for (const auto& [hook, access] : kFileHooks)
    if (access & ~granted) hooks |= GL_HOOK_BIT(hook);
  if ((kMapping & ~granted) || header.memory != GL_MEMORY_ALL)
    hooks |= GL_HOOK_BIT(GL_HOOK_MMAP_FILE) | GL_HOOK_BIT(GL_HOOK_FILE_MPROTECT);
  if (header.capabilities != (1ull << GL_CAP_COUNT) - 1) hooks |= GL_HOOK_BIT(GL_HOOK_CAPABLE);
  if (header.kernel != GL_KERNEL_ALL) hooks |= GL_HOOK_BIT(GL_HOOK_INODE_INIT_ANON);
  return hooks;
}

}  // namespace glacis::image
