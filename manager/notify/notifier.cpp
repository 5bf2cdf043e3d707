// SPDX-License-Identifier: Apache-2.0
#include "manager/notify/notifier.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include "manager/base/escape.h"
#include "manager/base/file.h"
#include "manager/evidence/peek.h"

namespace glacis::notify {
namespace {

namespace fs = std::filesystem;

Json sink_json(const SinkStats& sink) {
  return {{"name", sink.name},       {"sent", sink.sent},       {"failed", sink.failed},
          {"refused", sink.refused}, {"dropped", sink.dropped}, {"waiting", sink.waiting},
          {"trouble", sink.trouble}};
}

// Most lines are no news for anybody, and are not parsed.
std::optional<Json> news_of(std::string_view line) {
  const auto about = evidence::peek(line);
  if (!about) return std::nullopt;
  const std::string_view schema = evidence::peeked_text(about->schema);
  if (schema != evidence::event_schema && schema != evidence::gap_schema &&
      schema != evidence::undecoded_schema && schema != evidence::missed_schema &&
      schema != evidence::guard_schema && schema != evidence::shortened_schema)
    return std::nullopt;
  if (!evidence::parse_canonical(line)) return std::nullopt;  // bounds the depth
  Json record = Json::parse(line, nullptr, false);
  return worth_telling(record) ? std::optional(std::move(record)) : std::nullopt;
}

}  // namespace

std::string stats_json(const Stats& stats) {
  Json out = {{"schema", "glacis.notify/1"}, {"records", stats.records},
              {"notices", stats.notices},    {"suppressed", stats.suppressed},
              {"unrouted", stats.unrouted},  {"sinks", Json::array()}};
  for (const SinkStats& sink : stats.sinks) out["sinks"].push_back(sink_json(sink));
  return out.dump() + '\n';
}

Notifier::~Notifier() = default;

Result<std::unique_ptr<Notifier>> Notifier::open(Config config, Places places,
                                                 const Patience& patience) {
  std::unique_ptr<Notifier> out(new Notifier(std::move(config), std::move(places)));
  const fs::path& state = out->places_.state;
  std::error_code error;
  fs::create_directories(state, error);
  if (!error) fs::permissions(state, fs::perms::owner_all, error);
  if (error)
    return fail(Exit::usage,
                fmt::format("cannot use {}: {}", escape(state.native()), error.message()));
  out->lock_ = Fd(::open((state / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!out->lock_ || ::flock(out->lock_.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Exit::usage, "notices are sent by another program already", "end that one first",
                "nothing was sent twice");
  for (const SinkConfig& sink : out->config_.sinks) {
    auto spool = Spool::open(state / "spool" / sink.name, sink.spool_messages);
    if (!spool) return std::unexpected(spool.error());
    out->couriers_.emplace(sink.name,
                           std::make_unique<Courier>(sink.name, make_sink(sink, patience),
                                                     std::move(*spool), patience));
  }
  if (auto status = out->begin(); !status) return std::unexpected(status.error());
  return out;
}

Status Notifier::begin() {
  if (auto saved = load_cursor(places_.state / "cursor")) {
    cursor_ = *saved;
    saved_ = std::move(saved);
    return {};
  }
  first_run_ = true;
  const auto end = end_of_log(places_.log);
  if (!end) return std::unexpected(end.error());
  if (*end) cursor_ = **end;
  return save();
}

Status Notifier::tell(const std::vector<Notice>& notices) {
  for (const Notice& notice : notices) {
    if (!notice.first) stats_.suppressed += notice.count;
    ++stats_.notices;
    for (const std::string& name : config_.sinks_for(notice.record))
      if (const auto at = couriers_.find(name); at != couriers_.end())
        if (auto status = at->second->tell(notice); !status) return status;
  }
  return {};
}

Status Notifier::step(Groups::Time now) {
  Cursor next = cursor_;
  Status told;  // each at once: what follows in the log may be much
  auto status = read_on(places_.log, next, [&](std::string_view line) {
    auto record = news_of(line);
    if (!record) return;
    ++stats_.records;
    // Nobody's summary is made of what nobody is told.
    if (config_.sinks_for(*record).empty()) {
      ++stats_.unrouted;
      return;
    }
    if (told) told = tell(groups_.add(std::move(*record), now));
  });
  if (!status) return status;
  if (!told) return told;
  if (status = tell(groups_.due(now)); !status) return status;
  cursor_ = std::move(next);
  return save();
}

Status Notifier::save() {
  const std::string figures = stats_json(stats());
  if (figures != saved_stats_) {
    if (auto status = write_file(places_.state / "figures.json", figures, 0600); !status)
      return status;
    saved_stats_ = figures;
  }
  if (cursor_ == saved_) return {};
  if (auto status = save_cursor(places_.state / "cursor", cursor_); !status) return status;
  saved_ = cursor_;
  return {};
}

Result<bool> Notifier::finish(std::chrono::milliseconds patience) {
  if (auto status = tell(groups_.rest(std::chrono::steady_clock::now())); !status)
    return std::unexpected(status.error());
  bool all = true;
  for (const auto& [name, courier] : couriers_) all &= courier->settle(patience);
  if (auto status = save(); !status) return std::unexpected(status.error());
  return all;
}

Stats Notifier::stats() const {
  Stats out = stats_;
  for (const auto& [name, courier] : couriers_) out.sinks.push_back(courier->stats());
  return out;
}

}  // namespace glacis::notify
