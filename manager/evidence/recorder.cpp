// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/recorder.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "manager/evidence/overflow.h"
#include "manager/evidence/process.h"
#include "manager/evidence/states.h"

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

// How a record is made of an event.
struct Making {
  const Context& context;
  SourceMaps& maps;
  Processes* processes;

  [[nodiscard]] std::string line(const Event& event) const {
    std::string out = event_line(event, context, maps);
    if (!processes) return out;
    return processes->told(std::move(out), event.subject.tgid, clock_ticks(event.subject.start));
  }
};

Batch take(Source& source, const Making& making) {
  Batch out;
  out.taken = source.take([&](std::span<const std::byte> bytes) {
    if (const auto event = decode(bytes)) {
      out.items.push_back({event->seq, making.line(*event)});
    } else {
      out.items.push_back({sequence_of(bytes).value_or(0),
                           undecoded_line(bytes, event.error().what, making.context), false});
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
                   const Making& making) {
  Batch batch = take(source, making);
  for (int i = 0; i < kStragglerTries && any_lost(gaps(batch, tail, announced)); ++i) {
    std::this_thread::sleep_for(kStragglerWait);
    batch = take(source, making);
  }
  return batch;
}

// What waited for room moves to the log; what remains waiting is told.
Result<std::vector<std::string>> settle_waiting(const Overflow* overflow, Store& store,
                                                const Origin& origin, Drained& out) {
  if (!overflow) return std::vector<std::string>();
  auto waiting = overflow->lines();
  if (!waiting || waiting->empty()) return waiting;
  const auto tail = store.tail(origin, kLongTail);
  if (!tail) return std::unexpected(tail.error());
  // Some are there already where the last to move them was stopped.
  std::erase_if(*waiting, [&](const std::string& line) {
    const Tail own = with_waiting({}, std::span(&line, 1), origin);
    return !own.seqs.empty() && tail->seqs.contains(*own.seqs.begin());
  });
  auto status = store.append(*waiting);
  if (status) status = store.sync();
  if (!status) {
    out.trouble = status.error();
    out.unwritten = true;
    return waiting;
  }
  if (status = overflow->clear(); !status) return std::unexpected(status.error());
  return std::vector<std::string>();
}

// In the log, or behind what waits for it.
Status keep(const std::vector<std::string>& lines, Store& store, const Overflow* overflow,
            bool behind, Drained& out) {
  Status status;
  if (!behind) {
    status = store.append(lines);
    if (status) status = store.sync();
    if (status || !overflow) return status;
    out.trouble = status.error();
    out.unwritten = true;
  }
  const auto waits = overflow->add(lines);
  return waits || !out.trouble ? waits : std::unexpected(*out.trouble);
}

// Numbers below the log's last are late, or were recorded before.
Result<std::size_t> drop_known(Batch& batch, const Tail& tail, const Store& store,
                               std::span<const std::string> waiting, const Origin& origin) {
  const auto old = [&](const Item& item) { return item.seq != 0 && item.seq <= tail.last; };
  if (std::ranges::none_of(batch.items, old)) return 0u;
  const auto longer = store.tail(origin, kLongTail);
  if (!longer) return std::unexpected(longer.error());
  const Tail all = with_waiting(*longer, waiting, origin);
  return std::erase_if(
      batch.items, [&](const Item& item) { return item.seq != 0 && all.seqs.contains(item.seq); });
}

std::uint64_t last_told(const Batch& batch, const std::vector<Gap>& found, const Tail& tail) {
  std::uint64_t out = tail.last;
  for (const Item& item : batch.items) out = std::max(out, item.seq);
  for (const Gap& gap : found) out = std::max(out, gap.to);
  return out;
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

Result<Drained> drain(Source& source, Store& store, const Context& context, SourceMaps& maps,
                      const Overflow* overflow, Processes* processes) {
  Drained out;
  const auto waiting = settle_waiting(overflow, store, context.origin, out);
  if (!waiting) return std::unexpected(waiting.error());
  const auto in_log = store.tail(context.origin, kShortTail);
  if (!in_log) return std::unexpected(in_log.error());
  const Tail tail = with_waiting(*in_log, *waiting, context.origin);
  const auto announced = source.last_sequence();  // before the ring is read
  if (!announced) return std::unexpected(announced.error());

  Batch batch = take_settled(source, tail, *announced, {context, maps, processes});
  const auto known = drop_known(batch, tail, store, *waiting, context.origin);
  if (!known) return std::unexpected(known.error());

  out.known = *known;
  const auto found = gaps(batch, tail, *announced);
  const std::uint64_t last = last_told(batch, found, tail);
  auto lines = lines_of(batch, found, context, out);
  const bool behind = !waiting->empty();
  const bool beat = !behind && heartbeat_due(tail, context);
  if (!lines.empty() || beat) {
    const auto before = changes(tail, context);
    lines.insert(lines.begin(), before.begin(), before.end());
    if (beat) lines.push_back(heartbeat_line(context, last));
    if (auto status = keep(lines, store, overflow, behind, out); !status)
      return std::unexpected(status.error());
  }
  source.commit(batch.taken.end);
  if (batch.taken.malformed)
    return fail(Exit::bug, "the event ring holds a length that can't be",
                "load the profiles again to get a new ring", "what came before it is recorded");
  // Only now: a new segment knows no numbers that could still be in the ring.
  if (!out.trouble && store.rotation_due())
    if (auto status = store.rotate(); !status) out.trouble = status.error();
  if (!out.trouble) out.trouble = store.trouble();
  return out;
}

}  // namespace glacis::evidence
