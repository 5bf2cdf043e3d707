// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/others.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace glacis::daemon {
namespace {

constexpr std::size_t most_at_once = 512;
constexpr std::size_t most_waiting = 1024;
// One sync takes many along.
constexpr std::chrono::milliseconds pause{250};
constexpr std::chrono::seconds pause_after_failure{2};

}  // namespace

std::string Others::open() {
  auto opened = audit::Socket::open();
  if (!opened) return opened.error().unchanged + ": " + opened.error().what;
  socket_ = std::move(*opened);
  return {};
}

void Others::read(Time now) {
  if (!socket_) return;
  const auto got = socket_->read(
      most_at_once, [&](std::uint16_t type, std::string_view text) { hear(type, text, now); });
  waiting_.lost = waiting_.lost || got.lost;
}

void Others::hear(std::uint16_t type, std::string_view text, Time now) {
  auto record = audit::parse(type, text);
  if (!record) return;
  auto found = look_(std::move(*record));
  if (!found) return;
  const std::string kind = evidence::kind_of(*found);
  const std::int64_t when = found->record.time;
  tally_.add(kind, std::move(*found), when, now);
}

Status Others::flush(Time now, bool all) {
  if (!all && now < flush_at_) return {};
  auto told = tally_.take(now, all);
  waiting_.dropped += tally_.take_dropped();
  const std::size_t room = most_waiting - std::min(most_waiting, waiting_.refusals.size());
  for (std::size_t i = room; i < told.size(); ++i) waiting_.dropped += 1 + told[i].further;
  told.resize(std::min(told.size(), room));
  std::ranges::move(told, std::back_inserter(waiting_.refusals));
  if (waiting_.refusals.empty() && waiting_.dropped == 0 && !waiting_.lost) return {};
  auto done = write_(waiting_);
  if (done) waiting_ = {};
  flush_at_ = now + (done ? Time(pause) : Time(pause_after_failure));
  return done;
}

std::optional<Others::Time> Others::next() const {
  const bool waits = !waiting_.refusals.empty() || waiting_.dropped != 0 || waiting_.lost;
  const auto due = waits ? std::optional(Time(0)) : tally_.next();
  return due ? std::optional(std::max(*due, flush_at_)) : std::nullopt;
}

}  // namespace glacis::daemon
