// SPDX-License-Identifier: Apache-2.0
#include "manager/import/everything.h"

#include <utility>

#include "lsm/abi/access.h"
#include "manager/profile/words.h"

namespace glacis::import {

const std::uint32_t reading = GL_FILE_READ | GL_FILE_LOCK;
const std::uint32_t changing = GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_CREATE | GL_FILE_UNLINK |
                               GL_FILE_RENAME | GL_FILE_LINK | GL_FILE_SYMLINK | GL_FILE_MKDIR |
                               GL_FILE_RMDIR | GL_FILE_MKNOD | GL_FILE_CHMOD | GL_FILE_CHOWN |
                               GL_FILE_TRUNCATE | GL_FILE_ATTRIBUTES;
const std::uint32_t running = GL_FILE_EXECUTE | GL_FILE_MAP_EXEC;
const std::uint32_t remaining = GL_FILE_MOUNT | GL_FILE_UMOUNT | GL_FILE_PIVOT_ROOT |
                                GL_FILE_CHROOT | GL_FILE_SET_ID | GL_FILE_IOCTL;

void grant_files(Draft& draft, std::uint32_t access, std::string comment) {
  FileDraft all;
  all.paths = {{whole_tree, {}}};
  all.access = access;
  all.comment = std::move(comment);
  draft.files.push_back(std::move(all));
}

void grant_nameless(Draft& draft) {
  FileDraft all;
  for (const auto& word : profile::ending_words()) {
    // What can't be told or read is no object.
    if (word.value == GL_ENDING_TOO_LONG || word.value == GL_ENDING_UNSTABLE ||
        word.value == GL_ENDING_UNREADABLE)
      continue;
    all.objects.emplace_back(word.word);
  }
  all.access = reading | running | GL_FILE_WRITE | GL_FILE_CHMOD | GL_FILE_CHOWN |
               GL_FILE_ATTRIBUTES | GL_FILE_IOCTL;
  draft.files.push_back(std::move(all));
}

void grant_sockets(Draft& draft, bool internet) {
  NetDraft names, kinds;
  if (internet) {
    NetDraft streams, packets;
    streams.ops = {"bind", "connect"};
    streams.protocols = {{"tcp = \"any\"", {}}, {"mptcp = \"any\"", {}}, {"dccp = \"any\"", {}}};
    packets.ops = {"bind", "connect", "send"};
    packets.protocols = {{"udp = \"any\"", {}},
                         {"udplite = \"any\"", {}},
                         {"sctp = \"any\"", {}},
                         {"ping = true", {}},
                         {"raw = true", {}}};
    draft.nets.push_back(std::move(streams));
    draft.nets.push_back(std::move(packets));
  }
  names.ops = {"bind", "connect", "send"};
  names.unix_names = {{whole_tree, {}}, {"@**", {}}};
  draft.nets.push_back(std::move(names));
  for (const auto& word : profile::socket_words()) {
    const bool inet = word.value >= GL_SOCKET_TCP && word.value <= GL_SOCKET_DCCP;
    if (!inet) kinds.sockets.push_back({std::string(word.word), {}});
  }
  draft.nets.push_back(std::move(kinds));
}

void grant_capabilities(Draft& draft) {
  for (const auto& word : profile::capability_words())
    draft.capabilities.push_back({std::string(word.word), {}});
}

void grant_tasks(Draft& draft) {
  draft.processes.push_back({false, "any", profile::process_accesses, 0, {}});
}

void grant_memory(Draft& draft) {
  for (const auto& word : profile::memory_words())
    draft.memory.push_back({std::string(word.word), {}});
}

void grant_kernel(Draft& draft) {
  for (const auto& word : profile::kernel_words())
    draft.kernel.push_back({std::string(word.word), {}});
}

}  // namespace glacis::import
