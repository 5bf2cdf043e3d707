// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/recorder.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace glacis::evidence {
namespace {

// A number is given before there is room in the ring, so an event may follow one
// that has a higher number, or be on its way when the ring is read.
constexpr int kStragglerTries = 3;
constexpr std::chrono::milliseconds kStragglerWait{20};

constexpr std::size_t kShortTail = 64;
constexpr std::size_t kLongTail = 4096;  // more than fit into the ring

struct Item {
  std::uint64_t seq = 0;  // 0: not known
  std::string line;
  bool understood = true;
};

struct Batch {
  std::vector<Item> items;  // by number
  kernel::Taken taken;
};

Batch take(Source& source, const Context& context, SourceMaps& maps) {
  Batch out;
  out.taken = source.take([&](std::span<const std::byte> bytes) {
    if (const auto event = decode(bytes)) {
      out.items.push_back({event->seq, event_line(*event, context, maps)});
    } else {
      out.items.push_back({sequence_of(bytes).value_or(0),
                           undecoded_line(bytes, event.error().what, context), false});
    }
  });
  std::ranges::stable_sort(out.items, {}, &Item::seq);
  return out;
}

// The gaps between what the log has, the batch, and what was announced. What
// came before the first record that a log knows of a ring is in another log:
// a ring that is full refuses the newest event, never the first.
std::vector<Gap> gaps(const Batch& batch, const Tail& tail, std::uint64_t announced) {
  std::vector<Gap> out;
  std::uint64_t last = tail.last;
  bool known = tail.known;
  const auto reach = [&](std::uint64_t seq) {
    if (seq > last && seq - last > 1) out.push_back({last + 1, seq - 1, known});
    last = std::max(last, seq);
  };
  for (const Item& item : batch.items) {
    if (item.seq == 0) continue;
    reach(item.seq);
    known = true;
  }
  if (announced > last && !batch.taken.writing) out.push_back({last + 1, announced, known});
  return out;
}

bool any_lost(const std::vector<Gap>& found) {
  return std::ranges::any_of(found, [](const Gap& gap) { return gap.lost; });
}

// Reads again as long as something that seems lost may only be late.
Batch take_settled(Source& source, const Tail& tail, std::uint64_t announced,
                   const Context& context, SourceMaps& maps) {
  Batch batch = take(source, context, maps);
  for (int i = 0; i < kStragglerTries && any_lost(gaps(batch, tail, announced)); ++i) {
    std::this_thread::sleep_for(kStragglerWait);
    batch = take(source, context, maps);
  }
  return batch;
}

// Numbers below the log's last are late, or were recorded before.
Result<std::size_t> drop_known(Batch& batch, const Tail& tail, const Store& store,
                               const Origin& origin) {
  const auto old = [&](const Item& item) { return item.seq != 0 && item.seq <= tail.last; };
  if (std::ranges::none_of(batch.items, old)) return 0u;
  const auto longer = store.tail(origin, kLongTail);
  if (!longer) return std::unexpected(longer.error());
  return std::erase_if(batch.items, [&](const Item& item) {
    return item.seq != 0 && longer->seqs.contains(item.seq);
  });
}

std::vector<std::string> lines_of(Batch& batch, const std::vector<Gap>& found,
                                  const Context& context, Drained& count) {
  std::vector<std::string> out;
  auto gap = found.begin();
  const auto tell_gaps = [&](std::uint64_t before) {
    for (; gap != found.end() && gap->from < before; ++gap) {
      out.push_back(gap_line(*gap, context));
      if (gap->lost) count.lost += gap->to - gap->from + 1;
    }
  };
  for (Item& item : batch.items) {
    tell_gaps(item.seq);
    (item.understood ? count.events : count.undecoded) += 1;
    out.push_back(std::move(item.line));
  }
  tell_gaps(UINT64_MAX);
  return out;
}

}  // namespace

Result<Drained> drain(Source& source, Store& store, const Context& context, SourceMaps& maps) {
  const auto tail = store.tail(context.origin, kShortTail);
  if (!tail) return std::unexpected(tail.error());
  const auto announced = source.last_sequence();  // before the ring is read
  if (!announced) return std::unexpected(announced.error());

  Batch batch = take_settled(source, *tail, *announced, context, maps);
  const auto known = drop_known(batch, *tail, store, context.origin);
  if (!known) return std::unexpected(known.error());

  Drained out;
  out.known = *known;
  const auto lines = lines_of(batch, gaps(batch, *tail, *announced), context, out);
  if (!lines.empty()) {
    if (auto status = store.append(lines); !status) return std::unexpected(status.error());
    if (auto status = store.sync(); !status) return std::unexpected(status.error());
  }
  source.commit(batch.taken.end);
  if (batch.taken.malformed)
    return fail(Exit::bug, "the event ring holds a length that can't be",
                "load the profiles again to get a new ring", "what came before it is recorded");
  return out;
}

}  // namespace glacis::evidence
