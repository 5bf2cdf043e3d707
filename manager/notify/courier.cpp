// SPDX-License-Identifier: Apache-2.0
#include "manager/notify/courier.h"

#include <algorithm>

#include "manager/base/escape.h"

namespace glacis::notify {

Courier::Courier(std::string name, std::unique_ptr<Sink> sink, std::unique_ptr<Spool> spool,
                 const Patience& patience)
    : sink_(std::move(sink)), spool_(std::move(spool)), patience_(patience) {
  stats_.name = std::move(name);
  thread_ = std::thread([this] { work(); });
}

Courier::~Courier() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Status Courier::tell(const Notice& notice) {
  const auto kept = spool_->put(sink_->encode(notice), notice.first);
  {
    const std::lock_guard lock(mutex_);
    if (!kept || !*kept) ++stats_.dropped;
    news_ = true;
  }
  changed_.notify_all();
  if (!kept) return std::unexpected(kept.error());
  return {};
}

bool Courier::send_one() {
  const auto item = spool_->front();
  if (!item) return true;
  const Sent sent = sink_->send(item->body, stop_);
  if (sent || sent.error().refused) spool_->pop(item->number);
  const std::lock_guard lock(mutex_);
  if (sent) {
    ++stats_.sent;
    stats_.trouble.clear();
    return true;
  }
  ++(sent.error().refused ? stats_.refused : stats_.failed);
  stats_.trouble = escape(sent.error().what, Backslash::keep);
  return sent.error().refused;
}

void Courier::work() {
  auto pause = patience_.first_retry;
  while (!stop_) {
    const bool done = send_one();
    changed_.notify_all();
    std::unique_lock lock(mutex_);
    if (done) {
      pause = patience_.first_retry;
      if (spool_->size() != 0) continue;
      changed_.wait(lock, [&] { return stop_ || news_; });
      news_ = false;
    } else {
      changed_.wait_for(lock, pause, [&] { return stop_.load(); });
      pause = std::min(pause * 2, patience_.longest_retry);
    }
  }
}

bool Courier::settle(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const std::uint64_t failed = stats_.failed;
  changed_.wait_for(lock, patience, [&] { return spool_->size() == 0 || stats_.failed != failed; });
  return spool_->size() == 0;
}

SinkStats Courier::stats() const {
  const std::lock_guard lock(mutex_);
  SinkStats out = stats_;
  out.waiting = spool_->size();
  return out;
}

}  // namespace glacis::notify
