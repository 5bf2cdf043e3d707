// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/drill_run.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "manager/base/file.h"
#include "manager/cli/host.h"
#include "manager/evidence/list.h"
#include "manager/notify/notifier.h"

namespace glacis::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kForRecord = 5s;
constexpr auto kForNotice = 10s;
constexpr unsigned kBetweenSteps = 50'000;  // microseconds

std::uint64_t ms_since(Clock::time_point start) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count());
}

// How often the kernel counted each record's refusal again.
std::map<std::uint64_t, std::uint64_t> repeats(const kernel::Enforcer& enforcer) {
  std::map<std::uint64_t, std::uint64_t> out;
  if (const auto live = evidence::live(enforcer))
    for (const auto& [seq, count] : live->repeats) out[seq] = count.count;
  return out;
}

// Whether the act was refused in a way that a record must tell of.
bool expects_record(const drill::Try& inside) {
  return inside.answered && !inside.ok && !inside.untried &&
         (inside.signal != 0 || inside.error == EACCES || inside.error == EPERM);
}

}  // namespace

SinkCounts sink_counts(const fs::path& state) {
  SinkCounts out;
  const auto text = read_file(state / "figures.json", std::size_t{1} << 20);
  const Json json = text ? Json::parse(*text, nullptr, false) : Json();
  const Json& sinks = evidence::member(json, "sinks");
  if (!sinks.is_array()) return out;
  for (const Json& sink : sinks)
    out.emplace_back(evidence::shown(sink, "name"), evidence::number_of(sink, "sent").value_or(0));
  return out;
}

Result<Player> Player::start(const Output& out, kernel::Enforcer& enforcer,
                             const kernel::Domain& domain, Stage stage, bool notify) {
  auto outside = Actor::start(stage.act);
  if (!outside) return std::unexpected(outside.error());
  auto inside = Actor::start(stage.act);
  if (!inside) return std::unexpected(inside.error());
  if (const auto adopted = enforcer.adopt(inside->pid(), domain.name); !adopted)
    return std::unexpected(adopted.error());
  const auto label = enforcer.domain_of(inside->pid());
  if (!label) return std::unexpected(label.error());
  if (*label != domain.id)
    return fail(Exit::kernel, "the process that plays the attack is not in the drill's domain",
                "run `glacis doctor`", "nothing was tried");
  Player player(out, enforcer, std::move(stage), std::move(*outside), std::move(*inside));
  player.domain_ = domain.name;
  player.notify_ = notify;
  return player;
}

drill::Try Player::try_it(Actor& actor, const drill::Step& step) {
  drill::Try out;
  auto decoys = Decoys::make(*stage_, step);
  if (!decoys) {
    out.trouble = decoys.error().what;
    return out;
  }
  out = actor.act(fmt::format("s{}", ++tries_), decoys->words());
  out.seen = decoys->look(out.ok);
  if (const std::string left = decoys->clear(); !left.empty())
    out_->say("warning: cannot remove {}\n", shown(left));
  return out;
}

void Player::find_records(drill::Outcome& outcome, std::uint64_t after) {
  evidence::Query query;
  query.domain = domain_;
  query.since_seq = after + 1;
  const auto log = evidence::read_log(evidence::log_path, query, nullptr);
  if (!log) return;
  for (const evidence::Entry& entry : log->entries)
    if (evidence::text_of(entry.record, "schema") == evidence::event_schema)
      outcome.records.push_back(drill::record_of(entry.record));
}

void Player::watch_notice(drill::Outcome& outcome, const SinkCounts& before) {
  drill::Notice& notice = outcome.notice;
  notice.asked = notify_;
  if (outcome.records.empty()) {
    notice.why = "there is no record to tell of";
    return;
  }
  if (!notify_) {
    notice.why = "nobody is told of a drill that was not asked to notify";
    return;
  }
  const auto start = Clock::now();
  while (Clock::now() - start < kForNotice && !Stopping::asked()) {
    for (const auto& [name, sent] : sink_counts(notify::state_folder)) {
      const auto at = std::ranges::find(before, name, &SinkCounts::value_type::first);
      if (sent > (at == before.end() ? 0 : at->second)) notice.sinks.push_back(name);
    }
    if (!notice.sinks.empty()) {
      notice.after_ms = outcome.recorded_ms.value_or(0) + ms_since(start);
      return;
    }
    ::usleep(kBetweenSteps);
  }
  notice.why = "no sink took a message in 10 s: see `glacis notify`, and whether a route is for it";
}

drill::Outcome Player::play(const drill::Step& step) {
  drill::Outcome out;
  out.control = try_it(outside_, step);
  drill::judge(out);
  if (!out.control.ok || !out.control.happened() || Stopping::asked()) return out;
  const auto last = enforcer_->last_sequence();
  const auto counts = repeats(*enforcer_);
  const SinkCounts sinks = sink_counts(notify::state_folder);
  const auto start = Clock::now();
  out.inside = try_it(inside_, step);
  if (last && expects_record(*out.inside)) {
    do {
      drain_evidence(*out_, *enforcer_);
      find_records(out, *last);
      if (out.records.empty())
        for (const auto& [seq, count] : repeats(*enforcer_)) {
          const auto at = counts.find(seq);
          if (count <= (at == counts.end() ? 0 : at->second)) continue;
          const auto entry = evidence::find_record(evidence::log_path, seq, nullptr);
          if (!entry || evidence::text_of(entry->record, "domain") != domain_) continue;
          out.records.push_back(drill::record_of(entry->record));
          out.records.back().repeated = true;
        }
      if (!out.records.empty()) break;
      ::usleep(kBetweenSteps);
    } while (Clock::now() - start < kForRecord);
    if (!out.records.empty()) out.recorded_ms = ms_since(start);
  }
  watch_notice(out, sinks);
  drill::judge(out);
  return out;
}

}  // namespace glacis::cli
