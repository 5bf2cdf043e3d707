// SPDX-License-Identifier: Apache-2.0
#include "manager/image/reader.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "lsm/abi/hooks.h"
#include "lsm/abi/types.h"
#include "manager/image/hooks.h"
#include "manager/image/reader_checks.h"

namespace glacis::image {
namespace {

constexpr std::uint32_t kFlags = GL_IMAGE_KILL | GL_IMAGE_ERROR_ALLOW | GL_IMAGE_INHERIT_STDIO |
                                 GL_IMAGE_INHERIT_REPORT | GL_IMAGE_EVIDENCE_DENY |
                                 GL_IMAGE_EVIDENCE_HALT |
                                 GL_IMAGE_KILL_AFTER_MAX << GL_IMAGE_KILL_AFTER_SHIFT;

std::unexpected<Error> damaged(std::string what) {
  return fail(Exit::usage, "the policy image is damaged: " + std::move(what),
              "compile the profile again");
}

// Asks for less than needed_hooks(): parts of it would not be enforced.
Fault check_hooks(const ImageView& image) {
  const HookSet asked = image.header().hooks;
  const HookSet missing = needed_hooks(image).without(asked);
  if (!missing.empty())
    return fmt::format("hooks {:#x}:{:#x} are needed and not asked for", missing.raw().words[1],
                       missing.raw().words[0]);
  if (!asked.without(HookSet::all()).empty()) return "it asks for hooks that do not exist";
  return std::nullopt;
}

Result<gl_image> check_header(std::span<const std::byte> bytes) {
  gl_image header{};
  if (bytes.size() < sizeof(header.magic) + sizeof(header.abi))
    return fail(Exit::usage, "not a policy image: too short");
  std::memcpy(&header, bytes.data(), std::min(bytes.size(), sizeof(header)));
  if (header.magic != GL_IMAGE_MAGIC)
    return fail(Exit::usage, "not a policy image: it does not start with \"GLI1\"");
  if (header.abi != GL_ABI)
    return fail(
        Exit::usage,
        fmt::format("the policy image has ABI version {}, and this program knows version {}",
                    header.abi, GL_ABI),
        "compile the profile again with this version of glacis");
  if (bytes.size() < sizeof(header))
    return damaged(fmt::format("it ends within its header, after {} bytes", bytes.size()));
  if (header.header_size != sizeof(header))
    return damaged(
        fmt::format("its header has {} bytes instead of {}", header.header_size, sizeof(header)));
  if (header.size != bytes.size())
    return damaged(
        fmt::format("it has {} bytes, and its header says {}", bytes.size(), header.size));
  if (header.size > GL_IMAGE_SIZE_MAX || header.size % 8 != 0)
    return damaged(fmt::format("{} bytes is no size of an image", header.size));
  if (header.flags & ~kFlags) return damaged(fmt::format("unknown flags {:#x}", header.flags));
  if (header.rules > GL_RULES_MAX)
    return damaged(fmt::format("{} rules are more than there can be", header.rules));
  return header;
}

}  // namespace

Result<ImageView> read(std::span<const std::byte> bytes) {
  if (auto header = check_header(bytes); !header) return std::unexpected(header.error());
  ImageView view = ImageView::unchecked(bytes);
  for (const auto check :
       {check_sections, check_grants, check_accepts, check_comb, check_network, check_peers,
        check_syscalls, check_transitions, check_attach, check_digests, check_hooks})
    if (Fault fault = check(view)) return damaged(std::move(*fault));
  return view;
}

}  // namespace glacis::image
