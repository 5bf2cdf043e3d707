// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/decisions.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "manager/base/fd.h"
#include "manager/evidence/record.h"
#include "manager/kernel/enforcer.h"

namespace glacis::cli {
namespace {

using Clock = std::chrono::steady_clock;

Result<evidence::Context> names_of_now(std::uint32_t ring) {
  evidence::Context context = evidence::here(ring);
  context.containers.emplace();
  const auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (!*enforcer) return context;
  const auto domains = (*enforcer)->domains();
  if (!domains) return std::unexpected(domains.error());
  for (const kernel::Domain& one : *domains) context.domains.emplace(one.id, one.name);
  return context;
}

// Whoever ends the command ends the watch.
sigset_t ending_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

class Follower {
 public:
  Follower(kernel::Watch& watch, const TakeDecision& take) : watch_(watch), take_(take) {}

  Result<Followed> run(Lasting lasting) {
    if (auto done = learn_names(); !done) return std::unexpected(done.error());
    const sigset_t set = ending_signals();
    const Fd signals(::signalfd(-1, &set, SFD_CLOEXEC));
    const auto end = lasting ? std::optional(Clock::now() + *lasting) : std::nullopt;
    for (auto check = Clock::now() + kCheck; !end || Clock::now() < *end;) {
      const auto until = end ? std::min(*end, check) : check;
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
      pollfd fds[] = {{watch_.fd(), POLLIN, 0}, {signals.get(), POLLIN, 0}};
      ::poll(fds, 2, std::max<int>(0, static_cast<int>(wait)));
      read();
      out_.interrupted = (fds[1].revents & POLLIN) != 0;
      if (out_.interrupted) break;
      if (Clock::now() < check) continue;
      check = Clock::now() + kCheck;
      if (auto done = still(); !done) return std::unexpected(done.error());
    }
    read();
    const auto lost = watch_.lost();
    if (!lost) return std::unexpected(lost.error());
    out_.lost += *lost;
    return out_;
  }

 private:
  static constexpr std::chrono::seconds kCheck{1};

  Status learn_names() {
    auto context = names_of_now(watch_.ring());
    if (!context) return std::unexpected(context.error());
    context_ = std::move(*context);
    return {};
  }

  Status still() {
    const auto holds = watch_.holds();
    if (!holds) return std::unexpected(holds.error());
    if (*holds) return {};
    ++out_.renewed;
    if (auto done = watch_.renew(); !done) return done;
    return learn_names();
  }

  void read() {
    watch_.read([&](std::span<const std::byte> bytes) {
      const auto event = evidence::decode(bytes);
      if (!event) {
        ++out_.lost;
        return;
      }
      ++out_.decisions;
      take_(*event, Json::parse(evidence::event_line(*event, context_, maps_)));
    });
  }

  kernel::Watch& watch_;
  const TakeDecision& take_;
  evidence::Context context_;
  evidence::SourceMaps maps_;
  Followed out_;
};

}  // namespace

Result<kernel::Watch> watch_until_told(const std::string& domain, const HookSet& also) {
  const sigset_t set = ending_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return kernel::Watch::start(domain, also);
}

Result<Lasting> parse_lasting(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(at, static_cast<std::size_t>(end - at));
  const std::int64_t factor = unit.empty() || unit == "s" ? 1
                              : unit == "m"               ? 60
                              : unit == "h"               ? 3600
                                                          : 0;
  constexpr std::int64_t most = 7 * 24 * 3600;
  if (error == std::errc{} && factor != 0 && number > 0 && number <= most / factor)
    return std::chrono::seconds(number * factor);
  return fail(Exit::usage, fmt::format("`{}` is no length of time", shown(text)),
              "write 90s, 10m or 2h; a week at most", "nothing was changed");
}

Result<Followed> follow(kernel::Watch& watch, Lasting lasting, const TakeDecision& take) {
  return Follower(watch, take).run(lasting);
}

}  // namespace glacis::cli
