// SPDX-License-Identifier: Apache-2.0
#include "manager/image/reader_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string_view>

#include "manager/base/attach.h"
#include "manager/base/digests.h"
#include "manager/image/syscalls.h"

namespace glacis::image {
namespace {

struct SectionKind {
  std::string_view name;
  gl_section gl_image::* at;
  std::uint64_t entry;  // bytes
};

constexpr SectionKind kSections[] = {
    {"comb", &gl_image::comb, sizeof(std::uint32_t)},
    {"accepts", &gl_image::accepts, sizeof(gl_accept)},
    {"rule_refs", &gl_image::rule_refs, sizeof(std::uint16_t)},
    {"net4", &gl_image::net4, sizeof(gl_net4)},
    {"net6", &gl_image::net6, sizeof(gl_net6)},
    {"ports", &gl_image::ports, sizeof(gl_ports)},
    {"peers", &gl_image::peers, sizeof(gl_peer)},
    {"syscalls", &gl_image::syscalls, sizeof(std::uint8_t)},
    {"transitions", &gl_image::transitions, sizeof(gl_transition)},
    {"attach", &gl_image::attach, sizeof(std::uint8_t)},
    {"digests", &gl_image::digests, sizeof(std::uint8_t)},
};

bool is_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

// Rules are named for exactly the bits of `mask`, and are rules of the image.
bool rules_match(std::span<const std::uint16_t> rules, std::uint64_t mask, std::uint32_t count) {
  for (std::size_t bit = 0; bit < rules.size(); ++bit)
    if ((rules[bit] != 0) != (mask >> bit & 1) || rules[bit] > count) return false;
  return true;
}

Fault check_endings(const gl_image& header) {
  for (unsigned i = 0; i < 16; ++i) {
    const gl_ending_grant& grant = header.endings[i];
    const bool exists = i > GL_ENDING_ROOTED && i < GL_ENDING_COUNT;
    if ((grant.allow != 0) != (grant.rule != 0) || grant.rule > header.rules ||
        (grant.allow & ~std::uint32_t{GL_FILE_ALL & ~GL_FILE_TRANSITION}) ||
        (!exists && grant.allow != 0))
      return fmt::format("the grant for ending {}", i);
  }
  return std::nullopt;
}

Fault check_accept(const gl_accept& record, std::span<const std::uint16_t> refs) {
  const std::uint32_t grants = record.allow | record.allow_self | record.allow_root;
  const std::uint32_t known = grants | record.deny;
  if (known & ~std::uint32_t{GL_FILE_ALL | GL_FILE_MARKS}) return "has unknown access bits";
  if ((record.allow_self | record.allow_root | record.deny) & GL_FILE_MARKS)
    return "marks a program by its owner, or refuses a mark";
  if (known == 0) return "says nothing";
  if (grants & record.deny) return "grants what it denies";
  if (record.zero != 0) return "has a reserved field that is not zero";
  const auto count = static_cast<std::uint64_t>(std::popcount(known));
  if (record.refs + count > refs.size()) return "names rules beyond the list";
  return std::nullopt;
}

// Numbers below GL_PEER_NAMED that are no word would never match.
bool is_peer(std::uint64_t name) {
  return (name >= GL_PEER_SELF && name <= GL_PEER_ANY) || name >= GL_PEER_NAMED;
}

}  // namespace

// Sections follow each other without a gap but for alignment.
Fault check_sections(const ImageView& image) {
  const gl_image& header = image.header();
  std::uint64_t at = sizeof(gl_image);
  for (const auto& [name, member, entry] : kSections) {
    const gl_section& section = header.*member;
    if (section.offset != at)
      return fmt::format("section {} starts at {} instead of {}", name, section.offset, at);
    const std::uint64_t end = at + section.count * entry;
    const std::uint64_t next = (end + 7) & ~std::uint64_t{7};
    if (next > header.size) return fmt::format("section {} ends beyond the image", name);
    if (!is_zero(image.bytes().subspan(end, next - end)))
      return fmt::format("the gap behind section {} is not zero", name);
    at = next;
  }
  if (at != header.size) return fmt::format("{} bytes behind its last section", header.size - at);
  return std::nullopt;
}

Fault check_grants(const ImageView& image) {
  const gl_image& header = image.header();
  constexpr std::uint64_t kCapabilities = (1ull << GL_CAP_COUNT) - 1;
  constexpr std::uint64_t kSockets = ((1ull << GL_SOCKET_COUNT) - 1) & ~1ull;
  if (header.capabilities & header.capabilities_denied) return "a capability is granted and denied";
  const std::uint64_t capabilities = header.capabilities | header.capabilities_denied;
  if ((capabilities & ~kCapabilities) ||
      !rules_match(header.capability_rules, capabilities, header.rules))
    return "the capability masks and their rules";
  if ((header.sockets & ~kSockets) ||
      !rules_match(header.socket_rules, header.sockets, header.rules))
    return "the socket mask and its rules";
  if ((header.memory & ~std::uint32_t{GL_MEMORY_ALL}) ||
      !rules_match(header.memory_rules, header.memory, header.rules))
    return "the memory mask and its rules";
  if ((header.kernel & ~std::uint32_t{GL_KERNEL_ALL}) ||
      !rules_match(header.kernel_rules, header.kernel, header.rules))
    return "the kernel mask and its rules";
  return check_endings(header);
}

Fault check_accepts(const ImageView& image) {
  const auto records = image.accepts();
  const auto refs = image.rule_refs();
  if (records.empty() || !is_zero(std::as_bytes(records.first(1))))
    return "accept record 0 is not zero";
  for (std::size_t i = 1; i < records.size(); ++i)
    if (Fault fault = check_accept(records[i], refs))
      return fmt::format("accept record {} {}", i, *fault);
  for (const std::uint16_t rule : refs)
    if (rule == 0 || rule > image.header().rules) return fmt::format("there is no rule {}", rule);
  return std::nullopt;
}

// A cell belongs to the state that lies its key below it. So each cell's owner
// must be a state, and each target; key 0 makes a cell a state (an unused one
// counts as a state that leads nowhere).
Fault check_comb(const ImageView& image) {
  const auto comb = image.comb();
  const gl_image& header = image.header();
  const unsigned highest = *std::ranges::max_element(header.classes);
  if (*std::ranges::min_element(header.classes) < GL_KEY_FIRST) return "a byte class below 2";
  const auto is_state = [&](std::uint32_t at) {
    return at + std::uint64_t{highest} < comb.size() && GL_COMB_KEY(comb[at]) == GL_KEY_DEFAULT;
  };
  if (comb.empty() || comb[0] != 0) return "state 0 is not dead";
  if (!is_state(header.start)) return "the start is no state";
  for (std::uint32_t i = 0; i < comb.size(); ++i) {
    const std::uint32_t key = GL_COMB_KEY(comb[i]), value = GL_COMB_VALUE(comb[i]);
    if (key > highest) return fmt::format("cell {} has a key beyond the classes", i);
    if (key != GL_KEY_DEFAULT && (i <= key || !is_state(i - key)))
      return fmt::format("cell {} belongs to no state", i);
    if (key == GL_KEY_ACCEPT ? value == 0 || value >= header.accepts.count : !is_state(value))
      return fmt::format("cell {} leads to {} {}", i,
                         key == GL_KEY_ACCEPT ? "accept record" : "cell", value);
  }
  return std::nullopt;
}

// The core looks at GL_PEERS_MAX of them and no further.
Fault check_peers(const ImageView& image) {
  const auto peers = image.peers();
  if (peers.size() > GL_PEERS_MAX)
    return fmt::format("{} rules about other tasks are more than there can be", peers.size());
  for (std::size_t i = 0; i < peers.size(); ++i) {
    const gl_peer& peer = peers[i];
    const bool signals = peer.access & GL_TASK_SIGNAL;
    if (peer.access == 0 || (peer.access & ~std::uint32_t{GL_TASK_ALL}) || peer.deny > 1 ||
        peer.rule == 0 || peer.rule > image.header().rules || !is_peer(peer.name) ||
        signals != (peer.signals != 0))
      return fmt::format("rule {} about other tasks", i);
  }
  return std::nullopt;
}

Fault check_syscalls(const ImageView& image) {
  const auto syscalls = parse_syscalls(image.syscalls());
  if (!syscalls) return "the section syscalls cannot be read";
  if (!syscalls->lines.empty() && syscalls->lines.back().rule > image.header().rules)
    return "the section syscalls names a rule that does not exist";
  return std::nullopt;
}

Fault check_attach(const ImageView& image) {
  if (!parse_attachments(image.attach())) return "the section attach cannot be read";
  return std::nullopt;
}

Fault check_digests(const ImageView& image) {
  if (!parse_digests(image.digests())) return "the section digests cannot be read";
  return std::nullopt;
}

// An access `transition` without one of these would be an exec that is refused as
// an internal failure.
Fault check_transitions(const ImageView& image) {
  constexpr unsigned kFlags = GL_TRANSITION_SCRUB | GL_TRANSITION_UNSAFE;
  const auto transitions = image.transitions();
  if (transitions.size() > GL_TRANSITIONS_MAX)
    return fmt::format("{} transitions are more than there can be", transitions.size());
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < transitions.size(); ++i) {
    const gl_transition& at = transitions[i];
    const bool stays = at.name == 0;
    if (at.rule <= last || at.rule > image.header().rules || (at.flags & ~kFlags) || at.zero != 0 ||
        (stays ? at.flags != 0 : at.name < GL_PEER_NAMED))
      return fmt::format("transition {}", i);
    last = at.rule;
  }
  const auto known = [&](std::uint16_t rule) {
    return std::ranges::binary_search(transitions, rule, {}, &gl_transition::rule);
  };
  for (const gl_accept& record : image.accepts()) {
    const std::uint32_t bits = record.allow | record.allow_self | record.allow_root | record.deny;
    if ((record.allow_self | record.allow_root) & GL_FILE_TRANSITION)
      return "a transition by the owner of the file";
    if (!(record.allow & GL_FILE_TRANSITION)) continue;
    const auto index = std::popcount(bits & (GL_FILE_TRANSITION - 1));
    if (!known(image.rule_refs()[record.refs + static_cast<unsigned>(index)]))
      return "an accept record names a transition that there is not";
  }
  return std::nullopt;
}

}  // namespace glacis::image
