// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/tasks.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "manager/backend/apparmor/tasks.h"
#include "manager/base/fd.h"
#include "manager/base/file.h"
#include "manager/image/reader.h"

namespace glacis::daemon {
namespace {

// The resolution of /proc's start, and of the clock of audit records.
constexpr std::int64_t coarse = 20'000'000;
constexpr std::size_t most_filters = 64;
constexpr std::chrono::seconds kept_ready{5};
// Of a flood from one process, not every record is worth all the looking.
constexpr std::chrono::milliseconds remembered{100};

std::int64_t now_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t wall_start(std::uint64_t ticks) {
  const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return static_cast<std::int64_t>(ticks * (1'000'000'000 / per_second)) + now_of(CLOCK_REALTIME) -
         now_of(CLOCK_BOOTTIME);
}

Untrusted link_text(int folder, const char* name) {
  std::string out(4096, '\0');
  const ssize_t got = ::readlinkat(folder, name, out.data(), out.size());
  if (got <= 0) return {};
  out.resize(static_cast<std::size_t>(got));
  return Untrusted(std::move(out));
}

std::optional<std::size_t> filters_of(std::uint32_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/status", 64u << 10);
  constexpr std::string_view key = "\nSeccomp_filters:\t";
  const auto at = text ? text->find(key) : std::string::npos;
  if (at == std::string::npos) return std::nullopt;
  std::size_t out = 0;
  const char* begin = text->data() + at + key.size();
  const auto [end, error] = std::from_chars(begin, text->data() + text->size(), out);
  return error == std::errc() ? std::optional(out) : std::nullopt;
}

}  // namespace

void Tasks::get_ready() {
  if (next_ready_ && Clock::now() < *next_ready_) return;
  refresh();
  next_ready_ = Clock::now() + kept_ready;
}

// Reading all domains takes long where there are many: not more than a twentieth of the
// time goes there.
bool Tasks::refresh() {
  const auto begin = Clock::now();
  if (next_refresh_ && begin < *next_refresh_) return false;
  auto opened = kernel::Enforcer::open();
  enforcer_ = opened ? std::move(*opened) : std::nullopt;
  domains_.clear();
  if (enforcer_) {
    if (const auto all = enforcer_->domains())
      for (const kernel::Domain& one : *all) domains_.emplace(one.id, one);
  }
  const auto took = Clock::now() - begin;
  next_refresh_ = Clock::now() + std::max<Clock::duration>(std::chrono::seconds(1), 20 * took);
  return true;
}

const kernel::Domain* Tasks::domain(std::uint32_t id) {
  auto at = domains_.find(id);
  if (at == domains_.end()) {  // loaded a moment ago
    next_refresh_.reset();
    refresh();
    at = domains_.find(id);
  }
  return at == domains_.end() ? nullptr : &at->second;
}

std::optional<std::uint32_t> Tasks::label(std::uint32_t pid) const {
  if (!enforcer_) return std::nullopt;
  const auto id = enforcer_->domain_of(static_cast<pid_t>(pid));
  return id ? *id : std::nullopt;
}

// The record is set, the rest is found out.
void Tasks::find_process(evidence::Other& other) {
  const auto now = Clock::now();
  if (seen_ && seen_->what.record.pid == other.record.pid &&
      seen_->what.record.exe == other.record.exe && now - seen_->at < remembered) {
    evidence::Other known = seen_->what;
    known.record = std::move(other.record);
    other = std::move(known);
    return;
  }
  look_at_process(other);
  seen_.reset();
  if (!other.ended) seen_ = Seen{other, now, filters_of(other.record.pid)};
}

void Tasks::look_at_process(evidence::Other& other) {
  const std::string path = "/proc/" + std::to_string(other.record.pid);
  const Fd folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto start = folder ? evidence::start_of(folder.get()) : std::nullopt;
  other.ended = true;
  if (!start || wall_start(*start) > other.record.time + coarse) return;
  auto id = label(other.record.pid);
  other.exe_now = link_text(folder.get(), "exe");
  // What was opened ahead may be older than what confines it.
  if (!id && refresh()) id = label(other.record.pid);
  if (!evidence::start_of(folder.get())) return;
  other.ended = false;
  other.start = *start;
  if (!id) return;
  refresh();  // numbers of domains are never given again: the label can be older
  const kernel::Domain* found = domain(*id);
  if (found == nullptr) return;
  other.domain = found->name;
  other.in_force = {found->name, found->id, found->generation,
                    static_cast<std::uint32_t>(found->mode), found->digest};
}

const Tasks::Filter* Tasks::filter_of(const evidence::InForce& domain) {
  if (filters_.size() >= most_filters) filters_.clear();
  const auto [at, fresh] = filters_.try_emplace(domain.digest);
  if (!fresh) return at->second ? &*at->second : nullptr;
  const auto bytes = enforcer_ ? enforcer_->image(domain.domain)
                               : Result<std::vector<std::byte>>(std::unexpected(Error{}));
  const auto image =
      bytes ? image::read(*bytes) : Result<image::ImageView>(std::unexpected(Error{}));
  if (!image) return nullptr;
  seccomp::Policy policy = seccomp::policy_of(*image);
  const auto built = seccomp::build_filters(policy, machine_, seccomp::Posture::refuse);
  if (!built) return nullptr;
  at->second = Filter{std::move(policy), built->size()};
  return &*at->second;
}

std::optional<OwnFilter> Tasks::own_filter(const evidence::Other& other) {
  if (!other.in_force) return std::nullopt;
  const Filter* filter = filter_of(*other.in_force);
  if (filter == nullptr) return std::nullopt;
  return OwnFilter{&filter->policy, machine_, filter->programs,
                   seen_ ? seen_->filters : std::nullopt};
}

std::optional<evidence::Other> Tasks::look(audit::Record record) {
  get_ready();
  const auto* apparmor = std::get_if<audit::AppArmor>(&record.what);
  const auto named =
      apparmor::domains_of(apparmor != nullptr ? apparmor->profile.raw() : record.label.raw());
  if (named.empty() && domains_.empty() && (!refresh() || domains_.empty())) return std::nullopt;
  evidence::Other out;
  out.record = std::move(record);
  find_process(out);
  if (apparmor != nullptr)
    return blame_apparmor(out, named) ? std::optional(std::move(out)) : std::nullopt;
  if (!out.domain && !named.empty()) out.domain = named.front();
  if (!out.domain && !out.ended) return std::nullopt;
  blame_call(out, own_filter(out));
  return out;
}

}  // namespace glacis::daemon
