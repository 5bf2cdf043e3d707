// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/recorder.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "manager/evidence/counts.h"
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
    // What is only observed comes in thousands at once, and the ring waits for nobody.
    if (!processes || event.mode == GL_MODE_OBSERVE) return out;
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

// What the ring had no room for, from its key's slot: the first of each key is there.
Status add_firsts(Source& source, const std::vector<Gap>& found, const Making& making,
                  Batch& batch) {
  if (!any_lost(found)) return {};
  const auto refusals = source.refusals();
  if (!refusals) return std::unexpected(refusals.error());
  for (const kernel::Refusal& one : *refusals) {
    const auto missing = [&](const Gap& gap) {
      return gap.lost && gap.from <= one.value.seq && one.value.seq <= gap.to;
    };
    if (std::ranges::none_of(found, missing)) continue;
    if (const auto event = first_of(one)) batch.items.push_back({event->seq, making.line(*event)});
  }
  std::ranges::stable_sort(batch.items, {}, &Item::seq);
  return {};
}

// With each heartbeat: what was counted, and then slots that no image in force needs.
Result<std::vector<kernel::Refusal>> add_counts(Source& source, const Context& context, Told* told,
                                                std::vector<std::string>& lines) {
  auto refusals = source.refusals();
  if (!refusals) return refusals;
  Told none;
  const auto counts = (told ? *told : none).lines(*refusals, context);
  lines.insert(lines.end(), counts.begin(), counts.end());
  std::erase_if(*refusals, [&](const kernel::Refusal& one) { return counts_on(one, context); });
  return refusals;
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

// What lines are written behind.
struct Behind {
  const Tail& tail;
  std::uint64_t last = 0;  // number
  bool waiting = false;    // other lines wait for room
};

Status write(Source& source, Store& store, const Context& context, const Beside& beside,
             const Behind& behind, std::vector<std::string>& lines, Drained& out) {
  const bool beat = !behind.waiting && heartbeat_due(behind.tail, context);
  if (lines.empty() && !beat) return {};
  const auto before = changes(behind.tail, context);
  lines.insert(lines.begin(), before.begin(), before.end());
  std::vector<kernel::Refusal> over;
  if (beat) {
    lines.push_back(heartbeat_line(context, behind.last));
    auto done = add_counts(source, context, beside.told, lines);
    if (!done) return std::unexpected(done.error());
    over = std::move(*done);
  }
  if (auto status = keep(lines, store, beside.overflow, behind.waiting, out); !status) {
    if (beside.told) *beside.told = {};
    return status;
  }
  for (const kernel::Refusal& one : over) source.forget(one);
  return {};
}

}  // namespace

Result<Drained> drain(Source& source, Store& store, const Context& context, SourceMaps& maps,
                      const Beside& beside) {
  Drained out;
  const auto waiting = settle_waiting(beside.overflow, store, context.origin, out);
  if (!waiting) return std::unexpected(waiting.error());
  const auto in_log = store.tail(context.origin, kShortTail);
  if (!in_log) return std::unexpected(in_log.error());
  const Tail tail = with_waiting(*in_log, *waiting, context.origin);
  const auto announced = source.last_sequence();  // before the ring is read
  if (!announced) return std::unexpected(announced.error());

  const Making making{context, maps, beside.processes};
  Batch batch = take_settled(source, tail, *announced, making);
  const auto known = drop_known(batch, tail, store, *waiting, context.origin);
  if (!known) return std::unexpected(known.error());
  if (auto status = add_firsts(source, gaps(batch, tail, *announced), making, batch); !status)
    return std::unexpected(status.error());

  out.known = *known;
  const auto found = gaps(batch, tail, *announced);
  const std::uint64_t last = last_told(batch, found, tail);
  auto lines = lines_of(batch, found, context, out);
  const bool behind = !waiting->empty();
  if (auto status = write(source, store, context, beside, {tail, last, behind}, lines, out);
      !status)
    return std::unexpected(status.error());
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
