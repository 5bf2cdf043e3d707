// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/refusals.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <array>

#include "manager/kernel/state.h"

namespace glacis::kernel {
namespace {

Fd open_table(int tables_fd, std::uint32_t slot) {
  std::uint32_t id = 0;
  if (bpf_map_lookup_elem(tables_fd, &slot, &id) != 0 || id == 0) return {};
  return Fd(bpf_map_get_fd_by_id(id));
}

// A key that is forgotten under the iteration sends it back to the start, so it is bounded.
void read_table(const Fd& table, std::vector<Refusal>& out) {
  gl_refusal_key key{}, next{};
  const gl_refusal_key* from = nullptr;
  for (std::uint32_t i = 0; i < 2 * GL_REFUSALS_MAX; ++i) {
    if (bpf_map_get_next_key(table.get(), from, &next) != 0) return;
    key = next;
    from = &key;
    gl_refusal value{};
    if (bpf_map_lookup_elem(table.get(), &key, &value) == 0) out.push_back({key, value});
  }
}

// What is there already counts on, and stays.
void put_missing(const std::vector<Refusal>& from, const Fd& to) {
  for (const Refusal& one : from) bpf_map_update_elem(to.get(), &one.key, &one.value, BPF_NOEXIST);
}

}  // namespace

Result<std::vector<Refusal>> read_refusals(int tables_fd) {
  constexpr std::uint32_t at_once = 256;
  std::vector<Refusal> out;
  std::array<std::uint32_t, at_once> slots{}, ids{};
  std::uint32_t last = 0;  // reading goes on after it
  for (bool more = true, first = true; more; first = false) {
    std::uint32_t count = at_once;
    more = bpf_map_lookup_batch(tables_fd, first ? nullptr : &last, &last, slots.data(), ids.data(),
                                &count, nullptr) == 0;
    if (!more && errno != ENOENT)  // which is how the last ones come
      return fail(Exit::kernel, "cannot read map `refusal_tables`: " + errno_text(errno),
                  "run `glacis doctor`");
    for (std::uint32_t i = 0; i < count; ++i)
      if (ids[i] != 0)
        if (const Fd table(bpf_map_get_fd_by_id(ids[i])); table) read_table(table, out);
  }
  return out;
}

void forget_refusal(int tables_fd, const gl_refusal_key& key) {
  if (const Fd table = open_table(tables_fd, GL_DOMAIN_SLOT(key.domain)); table)
    bpf_map_delete_elem(table.get(), &key);
}

// What an earlier image was refused comes along until it is told: before the new table is in
// use, so that no kind begins anew. The update of the map of maps ends with a grace period,
// after which nobody counts in the old table: kinds that were new there meanwhile are taken
// then. Repeats that the old one counted between the two are lost, some milliseconds of them.
Status give_table(const Enforcer::State& s, std::uint32_t domain, std::uint32_t generation,
                  std::uint32_t rules) {
  const std::uint32_t slot = GL_DOMAIN_SLOT(domain);
  const Fd old = open_table(s.refusal_tables.get(), slot);
  std::vector<Refusal> carried;
  if (old) read_table(old, carried);
  const auto slots = std::min<std::size_t>(
      GL_REFUSALS_DEFAULT + std::size_t{rules} + carried.size(), GL_REFUSALS_MAX);
  const Fd table(bpf_map_create(BPF_MAP_TYPE_HASH, "glacis_refusals", sizeof(gl_refusal_key),
                                sizeof(gl_refusal), static_cast<__u32>(slots), nullptr));
  bpf_map_info info{};
  __u32 size = sizeof info;
  const gl_refusal_key rest{.domain = domain, .generation = generation};
  const gl_refusal none{};
  if (!table || bpf_obj_get_info_by_fd(table.get(), &info, &size) != 0 ||
      bpf_map_update_elem(table.get(), &rest, &none, BPF_ANY) != 0)
    return fail(Exit::kernel, "cannot create a table of refusals: " + errno_text(errno),
                "run `glacis doctor`");
  put_missing(carried, table);
  if (auto done = store(s.refusals, slot, table.get(), "refusals"); !done) return done;
  carried.clear();
  if (old) read_table(old, carried);
  put_missing(carried, table);
  return store(s.refusal_tables, slot, info.id, "refusal_tables");
}

Status give_guard_table(const Enforcer::State& s) {
  if (open_table(s.refusal_tables.get(), 0)) return {};
  return give_table(s, 0, 0, GL_REFUSALS_GUARD - GL_REFUSALS_DEFAULT);
}

}  // namespace glacis::kernel
