// SPDX-License-Identifier: Apache-2.0
#include "manager/image/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "manager/base/hook_set.h"
#include "manager/image/describe.h"
#include "manager/image/syscalls.h"
#include "manager/image/words.h"
#include "manager/profile/words.h"

namespace glacis::image {
namespace {

__extension__ using Address = unsigned __int128;

constexpr std::array<std::string_view, GL_NET_GROUP_COUNT> kGroups = {"", "tcp", "udp", "other"};

void add_grants(std::span<const Word> words, bool bits, std::uint64_t allow, std::uint64_t deny,
                std::span<const std::uint16_t> rules, std::vector<ExplainedGrant>& out) {
  for (const Word& word : words) {
    const auto bit = bits ? static_cast<unsigned>(std::countr_zero(word.value)) : word.value;
    if ((allow | deny) >> bit & 1)
      out.push_back({std::string(word.text), (allow >> bit & 1) != 0, rules[bit]});
  }
}

Address start_of(const gl_net4& entry) { return entry.start; }
Address start_of(const gl_net6& entry) {
  Address out = 0;
  for (const std::uint32_t word : entry.start) out = out << 32 | word;
  return out;
}

std::string address_text(Address address, bool v6) {
  if (!v6) return ipv4_text(static_cast<std::uint32_t>(address));
  const std::array<std::uint32_t, 4> words = {
      static_cast<std::uint32_t>(address >> 96), static_cast<std::uint32_t>(address >> 64),
      static_cast<std::uint32_t>(address >> 32), static_cast<std::uint32_t>(address)};
  return ipv6_text(words);
}

std::string stretch_text(Address first, Address last, bool v6) {
  const unsigned width = v6 ? 128 : 32;
  for (unsigned prefix = 0; prefix <= width; ++prefix) {
    const unsigned host = width - prefix;
    const Address low = host >= 128 ? ~Address{0} : (Address{1} << host) - 1;
    if ((first & low) == 0 && last == (first | low))
      return fmt::format("{}/{}", address_text(first, v6), prefix);
  }
  return fmt::format("{}-{}", address_text(first, v6), address_text(last, v6));
}

void add_run(std::span<const gl_ports> run, const ExplainedNet& where,
             std::vector<ExplainedNet>& out) {
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (run[i].rule == 0) continue;
    const unsigned first = run[i].start;
    const unsigned last = i + 1 < run.size() ? run[i + 1].start - 1u : 65535u;
    ExplainedNet row = where;
    row.ports = first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
    row.allow = run[i].allow != 0;
    row.rule = run[i].rule;
    out.push_back(std::move(row));
  }
}

template <typename Entry>
void add_table(const ImageView& image, std::span<const Entry> entries, ExplainedNet where,
               std::vector<ExplainedNet>& out) {
  const Address top = where.v6 ? ~Address{0} : Address{0xffffffff};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Address last = i + 1 < entries.size() ? start_of(entries[i + 1]) - 1 : top;
    where.addresses = stretch_text(start_of(entries[i]), last, where.v6);
    add_run(image.ports().subspan(entries[i].ports, entries[i].count), where, out);
  }
}

void add_networks(const ImageView& image, std::vector<ExplainedNet>& out) {
  const gl_image& header = image.header();
  for (unsigned op = GL_NET_BIND; op < GL_NET_CREATE; ++op) {
    for (unsigned group = 1; group < GL_NET_GROUP_COUNT; ++group) {
      ExplainedNet where;
      where.op = text_of(net_op_words(), op);
      where.group = kGroups[group];
      const gl_section four = header.net4_tables[op][group], six = header.net6_tables[op][group];
      add_table(image, image.net4().subspan(four.offset, four.count), where, out);
      where.v6 = true;
      add_table(image, image.net6().subspan(six.offset, six.count), where, out);
    }
  }
}

// Each bit of each record goes to the rule that it names.
void add_paths(const ImageView& image, std::vector<ExplainedPath>& out) {
  std::map<std::uint32_t, ExplainedPath> by_rule;
  for (const gl_accept& record : image.accepts()) {
    std::uint32_t known = record.allow | record.allow_self | record.allow_root | record.deny;
    for (std::uint32_t at = record.refs; known != 0; known &= known - 1, ++at) {
      const std::uint32_t bit = known & -known;
      ExplainedPath& path = by_rule[image.rule_refs()[at]];
      path.allow |= record.allow & bit;
      path.allow_self |= record.allow_self & bit;
      path.allow_root |= record.allow_root & bit;
      path.deny |= record.deny & bit;
    }
  }
  for (auto& [rule, path] : by_rule) {
    path.rule = rule;
    out.push_back(path);
  }
}

void add_automaton(const ImageView& image, Explanation& out) {
  std::vector<bool> target(image.comb().size(), false);
  target[0] = target[image.header().start] = true;
  for (const std::uint32_t cell : image.comb())
    if (GL_COMB_KEY(cell) != GL_KEY_ACCEPT) target[GL_COMB_VALUE(cell)] = true;
  out.states = static_cast<std::uint32_t>(std::ranges::count(target, true));
  out.cells = image.header().comb.count;
  out.classes = *std::ranges::max_element(image.header().classes) - GL_KEY_FIRST + 1;
  out.accepts = image.header().accepts.count - 1;
}

}  // namespace

Explanation explain(const ImageView& image) {
  const gl_image& header = image.header();
  Explanation out;
  out.digest = "blake2b:" + hex(image.digest());
  out.abi = header.abi;
  out.size = header.size;
  out.rules = header.rules;
  out.size_class = size_class(header.size).value_or(0);
  out.kill = header.flags & GL_IMAGE_KILL;
  out.kill_after = GL_IMAGE_KILL_AFTER(header.flags);
  out.error_allow = header.flags & GL_IMAGE_ERROR_ALLOW;
  if (header.flags & GL_IMAGE_EVIDENCE_DENY) out.evidence_failure = "deny";
  if (header.flags & GL_IMAGE_EVIDENCE_HALT) out.evidence_failure = "halt";
  out.inherit_report = header.flags & GL_IMAGE_INHERIT_REPORT;
  out.inherit_stdio = header.flags & GL_IMAGE_INHERIT_STDIO;
  for (const Word& hook : hook_words())
    if (HookSet(header.hooks).has(hook.value)) out.hooks.emplace_back(hook.text);
  add_automaton(image, out);
  add_grants(capability_words(), false, header.capabilities, header.capabilities_denied,
             header.capability_rules, out.capabilities);
  add_grants(socket_words(), false, header.sockets, 0, header.socket_rules, out.sockets);
  add_grants(memory_words(), true, header.memory, 0, header.memory_rules, out.memory);
  add_grants(kernel_words(), true, header.kernel, 0, header.kernel_rules, out.kernel);
  for (const Word& ending : ending_words())
    if (const gl_ending_grant& grant = header.endings[ending.value]; grant.allow != 0)
      out.endings.push_back({std::string(ending.text), grant.allow, grant.rule});
  add_networks(image, out.net);
  for (const gl_peer& peer : image.peers())
    out.processes.push_back({peer.name, peer.access, peer.signals, peer.deny == 0, peer.rule});
  for (const gl_transition& at : image.transitions())
    out.transitions.push_back({at.name, (at.flags & GL_TRANSITION_SCRUB) != 0,
                               (at.flags & GL_TRANSITION_UNSAFE) != 0, at.rule});
  out.digests = parse_digests(image.digests()).value_or(std::vector<FileDigest>{});
  add_paths(image, out.paths);
  for (const auto& [rule, body] : syscalls_of(image).lines)
    out.syscalls.push_back(
        {std::string(profile::syscall_action_words()[static_cast<std::size_t>(body.action)]),
         body.calls, profile::syscall_args_text(body.args), rule});
  return out;
}

}  // namespace glacis::image
