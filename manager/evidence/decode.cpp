// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace glacis::evidence {
namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(Exit::bug, fmt::format("a malformed event: {}", what));
}

// A name of the kernel: up to its NUL, or all of it.
template <std::size_t N>
Untrusted name(const char (&bytes)[N]) {
  return Untrusted(std::string_view(bytes, std::find(bytes, bytes + N, '\0')));
}

std::optional<Text> text(const gl_text_info& info, const char* bytes, std::uint32_t end) {
  if (info.start > end) return std::nullopt;
  return Text{Untrusted(std::string_view(bytes + info.start, end - info.start)),
              info.start == end || info.complete != 0};
}

Subject subject_of(const gl_event_subject& from) {
  Subject out;
  out.pid = from.pid;
  out.tgid = from.tgid;
  out.start = from.start;
  out.uid = from.uid;
  out.fsuid = from.fsuid;
  out.gid = from.gid;
  out.capabilities = from.effective;
  out.cgroup = from.cgroup;
  out.comm = name(from.comm);
  for (std::uint32_t i = 0; i < from.ancestors; ++i)
    out.ancestry.push_back({from.ancestry[i].tgid, name(from.ancestry[i].comm)});
  return out;
}

Event event_of(const gl_event& from) {
  Event out;
  out.seq = from.seq;
  out.time = from.time;
  out.domain = from.domain;
  out.generation = from.generation;
  std::ranges::copy(from.digest, out.digest.begin());
  out.hook = from.hook;
  out.mode = from.mode;
  out.klass = from.class_;
  out.access = from.access;
  out.verdict = from.verdict;
  out.error = from.error;
  out.subject = subject_of(from.subject);
  out.object = glacis::evidence::object_of(from.object);
  return out;
}

}  // namespace

Object object_of(const gl_event_object& from) {
  Object out;
  out.ending = from.ending;
  out.dev = from.dev;
  out.inode = from.inode;
  out.mode = from.mode;
  out.owner = from.owner;
  out.op = from.op;
  out.kind = from.kind;
  out.family = from.family;
  out.type = from.type;
  out.protocol = from.protocol;
  out.port = from.port;
  out.v6 = from.v6 != 0;
  std::ranges::copy(from.address, out.address.begin());
  out.capability = from.capability;
  out.peer = from.peer_tgid;
  out.peer_domain = from.peer_domain;
  out.signal = from.signal;
  out.peer_comm = name(from.peer_comm);
  return out;
}

Result<Event> decode(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(gl_event))
    return malformed(fmt::format("{} bytes of {}", bytes.size(), sizeof(gl_event)));
  const auto copy = std::make_unique<gl_event>();  // the ring's bytes need no alignment
  std::memcpy(copy.get(), bytes.data(), sizeof(gl_event));
  const gl_event& from = *copy;
  if (from.abi != GL_ABI)
    return malformed(fmt::format("its ABI is {}, this program knows {}", from.abi, GL_ABI));
  if (from.size != sizeof(gl_event)) return malformed(fmt::format("it says {} bytes", from.size));
  if (from.subject.ancestors > GL_ANCESTORS)
    return malformed(fmt::format("it has {} ancestors", from.subject.ancestors));
  auto path = text(from.object.path, from.path, GL_PATH_TEXT);
  auto exe = text(from.subject.exe, from.exe, GL_EXE_TEXT);
  if (!path || !exe) return malformed("a text lies outside of it");
  Event out = event_of(from);
  out.object.path = std::move(*path);
  // The root has no name of its own.
  if (out.object.ending == GL_ENDING_ROOTED && out.object.path.bytes.empty())
    out.object.path.bytes = Untrusted("/");
  out.subject.exe = std::move(*exe);
  return out;
}

std::optional<std::uint64_t> sequence_of(std::span<const std::byte> bytes) {
  constexpr std::size_t at = offsetof(gl_event, seq);
  std::uint16_t abi = 0;
  std::uint64_t seq = 0;
  if (bytes.size() < at + sizeof seq) return std::nullopt;
  std::memcpy(&abi, bytes.data(), sizeof abi);
  std::memcpy(&seq, bytes.data() + at, sizeof seq);
  if (abi != GL_ABI || seq == 0) return std::nullopt;
  return seq;
}

}  // namespace glacis::evidence
