// SPDX-License-Identifier: Apache-2.0
// Domains and their images. A new image is written to a map of its own, frozen,
// and then put in force by one pointer; the domain's word comes last.
#include <unistd.h>

#include <algorithm>
#include <future>

#include "lsm/abi/watch.h"
#include "manager/base/peer.h"
#include "manager/kernel/attach.h"
#include "manager/kernel/digests.h"
#include "manager/kernel/state.h"

namespace glacis::kernel {
namespace {

struct Slot {
  std::uint32_t number = 0;
  gl_domain domain{};
};

bool is_held(std::uint64_t word) { return (word & GL_DOMAIN_HELD) != 0; }
unsigned size_class_in(std::uint64_t word) { return GL_DOMAIN_WORD_SIZE(word & ~GL_DOMAIN_HELD); }

Fd inner_map(const Enforcer::State& s, std::uint32_t slot, unsigned size_class) {
  std::uint32_t id = 0;
  if (size_class >= s.images.size() ||
      bpf_map_lookup_elem(s.images[size_class].get(), &slot, &id) != 0)
    return Fd();
  return Fd(bpf_map_get_fd_by_id(id));
}

// What the loaded image of a domain begins with.
struct Head {
  gl_loaded loaded{};
  gl_image image{};
  Attachments attach;
};

// With the prefix; nothing where it can't be read.
std::vector<std::byte> read_blob(const Enforcer::State& s, const Slot& slot) {
  const Fd inner = inner_map(s, slot.number, size_class_in(slot.domain.word));
  bpf_map_info info{};
  __u32 size = sizeof info;
  const std::uint32_t zero = 0;
  if (!inner || bpf_obj_get_info_by_fd(inner.get(), &info, &size) != 0) return {};
  std::vector<std::byte> blob(info.value_size);
  if (blob.size() < sizeof(gl_loaded) + sizeof(gl_image) ||
      bpf_map_lookup_elem(inner.get(), &zero, blob.data()) != 0)
    return {};
  return blob;
}

std::optional<Head> read_head(const Enforcer::State& s, const Slot& slot) {
  const auto blob = read_blob(s, slot);
  if (blob.empty()) return {};
  Head head;
  std::memcpy(&head.loaded, blob.data(), sizeof head.loaded);
  std::memcpy(&head.image, blob.data() + sizeof head.loaded, sizeof head.image);
  head.attach = attachments_in(std::span(blob).subspan(sizeof head.loaded));
  return head;
}

// Before 6.8 each look-up in a map of maps waits for a grace period, 10 to 30 ms.
// Those that wait at the same time wait for the same one.
constexpr std::size_t readers_max = 128;

std::vector<std::optional<Head>> read_heads(const Enforcer::State& s, std::span<const Slot> slots) {
  std::vector<std::optional<Head>> heads(slots.size());
  const std::size_t readers = std::min(slots.size(), readers_max);
  std::vector<std::future<void>> reads;
  for (std::size_t reader = 0; reader < readers; ++reader)
    reads.push_back(std::async([&, reader] {
      for (std::size_t i = reader; i < slots.size(); i += readers)
        heads[i] = read_head(s, slots[i]);
    }));
  for (auto& read : reads) read.get();
  return heads;
}

Domain describe(const Enforcer::State& s, const Slot& slot, const Head& head) {
  const gl_loaded& loaded = head.loaded;
  Domain d;
  d.attach = head.attach;
  d.flags = head.image.flags;
  d.id = GL_DOMAIN_WORD_ID(slot.domain.word);
  d.name.assign(slot.domain.name, ::strnlen(slot.domain.name, sizeof slot.domain.name));
  d.mode = static_cast<gl_mode>(GL_DOMAIN_WORD_MODE(slot.domain.word));
  d.size_class = size_class_in(slot.domain.word);
  d.watched = (slot.domain.word & GL_DOMAIN_WATCHED) != 0;
  d.held = is_held(slot.domain.word);
  d.generation = loaded.generation;
  std::copy(std::begin(loaded.digest), std::end(loaded.digest), d.digest.begin());
  if (auto counts = lookup<gl_domain_counts>(s.domain_counts, slot.number, "domain_counts")) {
    d.denied = counts->denied;
    d.would_deny = counts->would_deny;
    d.probes = counts->probes;
    d.cached = counts->cached;
  }
  return d;
}

// Calls `visit` for the slots that were ever used, until it answers true. Slots
// are given out from 1 upwards, so the first never-used one ends them. They are
// read many at a time: a call for each is felt with thousands.
template <typename Visit>
Status each_slot(const Enforcer::State& s, Visit visit) {
  constexpr std::uint32_t at_once = 256;
  std::array<std::uint32_t, at_once> numbers{};
  std::vector<gl_domain> domains(at_once);
  std::uint32_t last = 0;  // reading goes on after it
  for (bool more = true; more;) {
    std::uint32_t count = at_once;
    more = bpf_map_lookup_batch(s.domains.get(), &last, &last, numbers.data(), domains.data(),
                                &count, nullptr) == 0;
    if (!more && errno != ENOENT)  // which is how the last ones come
      return fail(Exit::bug, "cannot read map `domains`: " + errno_text(errno));
    for (std::uint32_t i = 0; i < count; ++i) {
      if (GL_DOMAIN_WORD_STATUS(domains[i].word) == GL_DOMAIN_NONE) return {};
      if (visit(Slot{numbers[i], domains[i]})) return {};
    }
  }
  return {};
}

bool live(const gl_domain& domain) { return GL_DOMAIN_WORD_STATUS(domain.word) == GL_DOMAIN_LIVE; }

std::string name_of(const gl_domain& domain) {
  return {domain.name, ::strnlen(domain.name, sizeof domain.name)};
}

bool named(const gl_domain& domain, const std::string& name) { return name == name_of(domain); }

Result<std::vector<Slot>> live_slots(const Enforcer::State& s) {
  std::vector<Slot> all;
  auto done = each_slot(s, [&](const Slot& slot) {
    if (live(slot.domain)) all.push_back(slot);
    return false;
  });
  if (!done) return std::unexpected(done.error());
  return all;
}

Result<std::optional<Slot>> find_slot(const Enforcer::State& s, const std::string& name) {
  std::optional<Slot> found;
  auto done = each_slot(s, [&](const Slot& slot) {
    if (live(slot.domain) && named(slot.domain, name)) found = slot;
    return found.has_value();
  });
  if (!done) return std::unexpected(done.error());
  return found;
}

// A slot for a new domain, with the next epoch in its id.
Result<Slot> new_slot(const Enforcer::State& s, const std::string& name) {
  Slot chosen{0, {}};
  std::uint32_t used = 0;
  auto done = each_slot(s, [&](const Slot& slot) {
    used = slot.number;
    const auto epoch = GL_DOMAIN_EPOCH(GL_DOMAIN_WORD_ID(slot.domain.word));
    if (!live(slot.domain) && epoch < 0xffff) chosen = slot;
    return chosen.number != 0;
  });
  if (!done) return std::unexpected(done.error());
  std::uint32_t epoch = 1;
  if (chosen.number != 0)
    epoch = GL_DOMAIN_EPOCH(GL_DOMAIN_WORD_ID(chosen.domain.word)) + 1;
  else
    chosen.number = used + 1;
  if (chosen.number >= GL_DOMAINS_MAX)
    return fail(Exit::kernel, "all " + std::to_string(GL_DOMAINS_MAX - 1) + " domains are in use",
                "unload one with `glacis unload`", "what was loaded stays in force");
  chosen.domain = {};
  chosen.domain.word = GL_DOMAIN_WORD(epoch << 16 | chosen.number, 0, 0, GL_DOMAIN_NONE);
  name.copy(chosen.domain.name, sizeof chosen.domain.name - 1);
  return chosen;
}

unsigned size_class_of(std::size_t bytes) {
  static constexpr std::size_t sizes[] = {
#define GL_X_SIZE(n, bits) std::size_t{1} << (bits),
      GL_IMAGE_SIZES(GL_X_SIZE)};
  unsigned n = 0;
  while (n < GL_IMAGE_SIZE_COUNT && bytes > sizes[n]) ++n;
  return n;
}

constexpr unsigned size_bits[] = {
#define GL_X_BITS(n, bits) bits,
    GL_IMAGE_SIZES(GL_X_BITS)};

Result<std::uint32_t> next_generation(const Enforcer::State& s) {
  auto settings = lookup<gl_settings>(s.settings, 0, "settings");
  if (!settings) return std::unexpected(settings.error());
  if (++settings->generation == 0)
    return fail(Exit::kernel, "no image generation is left in this boot", "reboot");
  if (auto done = store(s.settings, 0, *settings, "settings"); !done)
    return std::unexpected(done.error());
  return settings->generation;
}

// The image in a map of its own, which nobody can write any more.
Result<Fd> make_image_map(std::span<const std::byte> image, unsigned size_class,
                          const gl_loaded& loaded) {
  const std::size_t size = sizeof(gl_loaded) + (std::size_t{1} << size_bits[size_class]);
  Fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "glacis_image", sizeof(std::uint32_t),
                        static_cast<__u32>(size), 1, nullptr));
  if (!map)
    return fail(Exit::kernel, "cannot create a map for the image: " + errno_text(errno),
                "run `glacis doctor`");
  std::vector<std::byte> blob(size);
  std::memcpy(blob.data(), &loaded, sizeof loaded);
  std::memcpy(blob.data() + sizeof loaded, image.data(), image.size());
  const std::uint32_t zero = 0;
  if (bpf_map_update_elem(map.get(), &zero, blob.data(), BPF_ANY) != 0 ||
      bpf_map_freeze(map.get()) != 0)
    return fail(Exit::kernel, "cannot write the image to its map: " + errno_text(errno));
  return map;
}

// Where transitions to it find it.
Status name_domain(const Enforcer::State& s, const gl_domain& domain) {
  const std::uint32_t id = GL_DOMAIN_WORD_ID(domain.word);
  if (bpf_map_update_elem(s.domain_ids.get(), &domain.peer, &id, BPF_ANY) != 0)
    return fail(Exit::kernel, "cannot write map `domain_ids`: " + errno_text(errno),
                "run `glacis doctor`");
  return {};
}

// Returns when no program can still hold what was read from a domain's word
// before: an update of a map of maps ends with a grace period.
void wait_for_programs(const Enforcer::State& s, std::uint32_t slot, unsigned size_class) {
  const Fd inner = inner_map(s, slot, size_class);
  const int value = inner.get();
  if (inner) bpf_map_update_elem(s.images[size_class].get(), &slot, &value, BPF_ANY);
}

// Detaches the hooks of `candidates` that no live domain needs. Most often the
// first one needs them all, and no other is read.
Status detach_unneeded(const Enforcer::State& s, HookSet candidates) {
  auto slots = live_slots(s);
  if (!slots) return std::unexpected(slots.error());
  if (!slots->empty()) candidates = candidates.without(guard_hooks);
  std::span<const Slot> rest = *slots;
  for (std::size_t count = 1; !candidates.empty() && !rest.empty(); count = readers_max) {
    count = std::min(count, rest.size());
    for (const auto& head : read_heads(s, rest.first(count)))
      candidates =
          candidates.without(head ? HookSet(head->image.hooks)
                                  : HookSet::all());  // what can't be read may need anything
    rest = rest.subspan(count);
  }
  return candidates.empty() ? Status() : detach_expected(s, candidates);
}

// What the image needs, and the guard. Where the guard was not, the mount of the pins
// may be another than it knew.
Status attach_all(const Enforcer::State& s, HookSet needed) {
  if (!pinned_hooks().has(GL_HOOK_SB_UMOUNT))
    if (auto done = mark_pins(s); !done) return done;
  needed |= guard_hooks;
  return attach_expected(s, needed);
}

// All that a load may not get from the kernel, before the image is in force: where one
// thing fails, what was in force is so still. What leads to a domain that is not live
// leads nobody there.
Status make_room(const Enforcer::State& s, const Slot& slot, bool replaces, AttachPlan& plan,
                 DigestPlan& digests, const gl_loaded& loaded, const gl_image& header) {
  const std::uint32_t id = GL_DOMAIN_WORD_ID(slot.domain.word);
  if (auto done = attach_all(s, header.hooks); !done) return done;
  if (auto done = give_table(s, id, loaded.generation, header.rules); !done) return done;
  if (auto done = add_digests(s, digests); !done) return done;
  auto added = name_domain(s, slot.domain);
  if (added) {
    added = add_attachments(s, id, plan);
    if (!added && !replaces) bpf_map_delete_elem(s.domain_ids.get(), &slot.domain.peer);
  }
  if (!added) take_back_digests(s, digests);
  return added;
}

// Of what fails after the swap.
std::unexpected<Error> in_force_all_the_same(Error error, const std::string& name) {
  error.unchanged = "the new image of `" + name +
                    "` is in force all the same; what its [attach] no longer names may still "
                    "enter it, what it names may not yet, and files that its [[exec.digest]] no "
                    "longer names may still be its code";
  return std::unexpected(std::move(error));
}

std::unexpected<Error> unknown_domain(const std::string& name) {
  return fail(Exit::usage, "no profile `" + name + "` is loaded", "`glacis status` lists them");
}

Status begin_counts(const Enforcer::State& s, std::uint32_t slot) {
  if (auto done = store(s.rates, slot, gl_rate{}, "rates"); !done) return done;
  return store(s.domain_counts, slot, gl_domain_counts{}, "domain_counts");
}

template <typename Change>
Status change_word(const Enforcer::State& s, const std::string& name, Change change) {
  auto lock = Lock::take();
  if (!lock) return std::unexpected(lock.error());
  if (auto open = changeable(s); !open) return open;
  auto found = find_slot(s, name);
  if (!found) return std::unexpected(found.error());
  if (!*found) return unknown_domain(name);
  auto slot = **found;
  slot.domain.word = change(slot.domain.word);
  return store(s.domains, slot.number, slot.domain, "domains");
}

}  // namespace

Result<Domain> Enforcer::load(const std::string& name, std::span<const std::byte> image,
                              const std::array<std::uint8_t, 32>& digest, gl_mode mode) {
  const unsigned size_class = size_class_of(image.size());
  gl_image header{};
  if (size_class >= GL_IMAGE_SIZE_COUNT || image.size() < sizeof header)
    return fail(Exit::usage, "the image has " + std::to_string(image.size()) + " bytes");
  if (name.empty() || name.size() >= sizeof(gl_domain::name))
    return fail(Exit::usage, "a domain's name has 1 to " +
                                 std::to_string(sizeof(gl_domain::name) - 1) + " bytes");
  if (is_peer_word(name))
    return fail(Exit::usage, "`" + name + "` is a word of [[process]], and no domain's name");
  std::memcpy(&header, image.data(), sizeof header);
  auto lock = Lock::take();
  if (!lock) return std::unexpected(lock.error());
  if (auto open = changeable(*state_); !open) return std::unexpected(open.error());
  auto found = find_slot(*state_, name);
  if (!found) return std::unexpected(found.error());
  auto slot = *found ? Result<Slot>(**found) : new_slot(*state_, name);
  if (!slot) return std::unexpected(slot.error());
  const std::uint32_t id = GL_DOMAIN_WORD_ID(slot->domain.word);
  Attachments attach = attachments_in(image);
  auto attachments = plan_attachments(*state_, name, id, attach);
  if (!attachments) return std::unexpected(attachments.error());
  auto digests = plan_digests(id, digests_in(image));
  if (!digests) return std::unexpected(digests.error());
  auto generation = next_generation(*state_);
  if (!generation) return std::unexpected(generation.error());
  gl_loaded loaded{};
  loaded.generation = *generation;
  loaded.abi = GL_ABI;
  std::copy(digest.begin(), digest.end(), std::begin(loaded.digest));
  auto map = make_image_map(image, size_class, loaded);
  if (!map) return std::unexpected(map.error());
  slot->domain.peer = name_number(name);
  if (auto done =
          make_room(*state_, *slot, *found != std::nullopt, *attachments, *digests, loaded, header);
      !done) {
    (void)detach_unneeded(*state_, pinned_hooks());
    return std::unexpected(done.error());
  }
  const auto old_class = size_class_in(slot->domain.word);
  // Nothing is granted by what was learned of the old image once the new one decides.
  slot->domain.generation = 0;
  if (*found)
    if (auto done = store(state_->domains, slot->number, slot->domain, "domains"); !done)
      return std::unexpected(done.error());
  if (auto done = store(state_->images[size_class], slot->number, map->get(), "images"); !done)
    return std::unexpected(done.error());
  if (!*found)
    if (auto done = begin_counts(*state_, slot->number); !done)
      return std::unexpected(done.error());
  const auto still = slot->domain.word & GL_DOMAIN_HELD;  // who holds it lets it go
  slot->domain.word = GL_DOMAIN_WORD(id, size_class, mode, GL_DOMAIN_LIVE) | still;
  slot->domain.generation = loaded.generation;
  if (auto done = store(state_->domains, slot->number, slot->domain, "domains"); !done)
    return std::unexpected(done.error());
  auto settled = settle_digests(*state_, id, *digests);
  if (auto done = settle_attachments(*state_, id, *attachments); !done) settled = done;
  if (!settled) return in_force_all_the_same(settled.error(), name);
  if (*found && old_class != size_class) {
    wait_for_programs(*state_, slot->number, size_class);
    bpf_map_delete_elem(state_->images[old_class].get(), &slot->number);
  }
  // A new domain takes no need away.
  if (*found) (void)detach_unneeded(*state_, pinned_hooks().without(header.hooks));
  auto out = describe(*state_, *slot, {loaded, header, std::move(attach)});
  out.unmatched = std::move(digests->unmatched);
  return out;
}

Status Enforcer::unload(const std::string& name) {
  auto lock = Lock::take();
  if (!lock) return std::unexpected(lock.error());
  if (auto open = changeable(*state_); !open) return open;
  auto found = find_slot(*state_, name);
  if (!found) return std::unexpected(found.error());
  if (!*found) return unknown_domain(name);
  auto slot = **found;
  const auto word = slot.domain.word;
  const unsigned size_class = size_class_in(word);
  slot.domain.word = GL_DOMAIN_WORD(GL_DOMAIN_WORD_ID(word), size_class, GL_DOMAIN_WORD_MODE(word),
                                    GL_DOMAIN_UNLOADED);
  if (auto done = store(state_->domains, slot.number, slot.domain, "domains"); !done) return done;
  bpf_map_delete_elem(state_->domain_ids.get(), &slot.domain.peer);
  // They bind nobody by now.
  const std::uint32_t id = GL_DOMAIN_WORD_ID(word);
  if (auto plan = plan_attachments(*state_, name, id, {}); plan)
    (void)settle_attachments(*state_, id, *plan);
  (void)settle_digests(*state_, id, {});
  wait_for_programs(*state_, slot.number, size_class);
  bpf_map_delete_elem(state_->images[size_class].get(), &slot.number);
  return detach_unneeded(*state_, pinned_hooks());
}

Status Enforcer::set_mode(const std::string& name, gl_mode mode) {
  return change_word(*state_, name,
                     [&](std::uint64_t word) { return GL_DOMAIN_WORD_AS(word, mode); });
}

Status Enforcer::hold(const std::string& name, bool on) {
  return change_word(*state_, name, [&](std::uint64_t word) {
    return on ? word | GL_DOMAIN_HELD : word & ~GL_DOMAIN_HELD;
  });
}

Status watch_domain(const Enforcer::State& s, const std::string& name, const HookSet& also) {
  auto lock = Lock::take();
  if (!lock) return std::unexpected(lock.error());
  if (auto open = changeable(s); !open) return open;
  auto found = find_slot(s, name);
  if (!found) return std::unexpected(found.error());
  if (!*found) return unknown_domain(name);
  auto slot = **found;
  if (auto done = attach_all(s, also); !done) {
    (void)detach_unneeded(s, pinned_hooks());
    return done;
  }
  slot.domain.word |= GL_DOMAIN_WATCHED;
  return store(s.domains, slot.number, slot.domain, "domains");
}

Result<bool> is_watched(const Enforcer::State& s, const std::string& name) {
  const auto found = find_slot(s, name);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::unexpected(unknown_domain(name).error());
  return ((*found)->domain.word & GL_DOMAIN_WATCHED) != 0;
}

Status end_watching(const Enforcer::State& s) {
  auto lock = Lock::take();
  if (!lock) return std::unexpected(lock.error());
  if (auto open = changeable(s); !open) return open;
  auto slots = live_slots(s);
  if (!slots) return std::unexpected(slots.error());
  bool ended = false;
  for (Slot& slot : *slots) {
    if (!(slot.domain.word & GL_DOMAIN_WATCHED)) continue;
    ended = true;
    slot.domain.word &= ~GL_DOMAIN_WATCHED;
    if (auto done = store(s.domains, slot.number, slot.domain, "domains"); !done) return done;
  }
  return ended ? detach_unneeded(s, pinned_hooks()) : Status();
}

Result<std::vector<Domain>> Enforcer::domains() const {
  auto slots = live_slots(*state_);
  if (!slots) return std::unexpected(slots.error());
  const auto heads = read_heads(*state_, *slots);
  std::vector<Domain> all;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const Head head = heads[i].value_or(Head{});
    all.push_back(describe(*state_, (*slots)[i], head));
  }
  std::ranges::sort(all, {}, &Domain::name);
  return all;
}

Result<std::set<std::string>> Enforcer::names() const {
  auto slots = live_slots(*state_);
  if (!slots) return std::unexpected(slots.error());
  std::set<std::string> out;
  for (const Slot& slot : *slots) out.insert(name_of(slot.domain));
  return out;
}

Result<Domain> Enforcer::find(const std::string& name) const {
  auto found = find_slot(*state_, name);
  if (!found) return std::unexpected(found.error());
  if (!*found) return unknown_domain(name);
  const Head head = read_head(*state_, **found).value_or(Head{});
  return describe(*state_, **found, head);
}

Result<std::vector<std::byte>> Enforcer::image(const std::string& name) const {
  auto found = find_slot(*state_, name);
  if (!found) return std::unexpected(found.error());
  if (!*found) return unknown_domain(name);
  auto blob = read_blob(*state_, **found);
  gl_image header{};
  if (blob.size() >= sizeof(gl_loaded) + sizeof header)
    std::memcpy(&header, blob.data() + sizeof(gl_loaded), sizeof header);
  if (header.size == 0 || header.size > blob.size() - sizeof(gl_loaded))
    return fail(Exit::bug, "cannot read the image of `" + name + "` back", "load it again");
  blob.erase(blob.begin(), blob.begin() + sizeof(gl_loaded));
  blob.resize(header.size);
  return blob;
}

}  // namespace glacis::kernel
