// SPDX-License-Identifier: Apache-2.0
// glacis metrics: figures for Prometheus, for a node_exporter's textfile folder or
// for whoever scrapes by a command.
#include "manager/report/metrics.h"

#include <sys/stat.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/base/file.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/host.h"
#include "manager/evidence/maps.h"
#include "manager/evidence/note.h"
#include "manager/evidence/store.h"
#include "manager/image/words.h"
#include "manager/kernel/refusals.h"
#include "manager/kernel/usage.h"
#include "manager/notify/formats.h"
#include "manager/notify/notifier.h"
#include "manager/profile/mode.h"

namespace glacis::cli {
namespace {

using report::Figures;

constexpr std::size_t kLargestFigures = std::size_t{1} << 20;

#define GLACIS_WORD(name, value, word) image::Word{value, word},
constexpr image::Word kClasses[] = {GL_CLASSES(GLACIS_WORD)};

// The source map is written whenever an image is put in force.
std::optional<std::int64_t> loaded_at(const kernel::Domain& domain) {
  const auto file =
      fs::path(evidence::source_map_folder) / (image::hex(domain.digest) + ".map.json");
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0) return std::nullopt;
  return found.st_mtim.tv_sec;
}

using InForce = std::map<std::pair<std::uint32_t, std::uint32_t>, std::string>;  // by generation

// Of images in force alone: a new one begins at 0, as a counter may.
Status add_refusals(const kernel::Enforcer& enforcer, const InForce& in_force, Figures& out) {
  const auto refusals = kernel::read_refusals(enforcer.refusals_fd());
  if (!refusals) return std::unexpected(refusals.error());
  std::map<std::pair<std::string, std::uint32_t>, std::uint64_t> counts;
  for (const auto& [key, value] : *refusals)
    if (const auto at = in_force.find({key.domain, key.generation}); at != in_force.end())
      counts[{at->second, key.class_}] += value.count;
  for (const auto& [key, count] : counts)
    out.refusals.push_back({key.first, std::string(image::text_of(kClasses, key.second)), count});
  return {};
}

Status add_domains(const kernel::Enforcer& enforcer, Figures& out) {
  const auto domains = enforcer.domains();
  if (!domains) return std::unexpected(domains.error());
  InForce in_force;
  for (const kernel::Domain& domain : *domains) {
    in_force[{domain.id, domain.generation}] = domain.name;
    out.domains.push_back({domain.name, digest_text(domain.digest),
                           std::string(profile::mode_text(domain.mode)), domain.denied,
                           domain.would_deny, domain.probes, domain.cached, loaded_at(domain)});
  }
  if (auto status = add_refusals(enforcer, in_force, out); !status) return status;
  out.maps = {{"domains", domains->size(), GL_DOMAINS_MAX}};
  for (const kernel::TableFill& one : kernel::table_fills())
    out.maps.push_back({one.name, one.used, one.most});
  for (const kernel::ProgramCost& one : kernel::program_costs())
    out.programs.push_back({one.name, one.runs, one.nanoseconds});
  return {};
}

Status add_kernel(Figures& out) {
  auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (!*enforcer) return {};
  out.in_force = true;
  if (auto status = add_domains(**enforcer, out); !status) return status;
  const auto counters = (*enforcer)->counters();
  if (!counters) return std::unexpected(counters.error());
  for (const kernel::Counter& counter : *counters)
    out.counters.push_back({counter.name, counter.value});
  return {};
}

void add_log(Figures& out) {
  const auto text = read_whole(evidence::checkpoint_path(evidence::log_path), kLargestFigures);
  const auto note = text ? evidence::parse_note(*text) : std::nullopt;
  if (!note) return;
  const auto time = notify::parse_time(note->checkpoint.time);
  out.log = Figures::Log{note->checkpoint.position.count, time.value_or(0) / 1'000'000'000};
}

void add_notices(Figures& out) {
  const auto text = read_whole(fs::path(notify::state_folder) / "figures.json", kLargestFigures);
  const auto json = text ? Json::parse(*text, nullptr, false) : Json();
  if (!json.is_object()) return;
  const auto number = [](const Json& of, const char* key) {
    return evidence::number_of(of, key).value_or(0);
  };
  Figures::Notices notices{
      number(json, "notices"), number(json, "suppressed"), number(json, "unrouted"), {}};
  const Json& sinks = evidence::member(json, "sinks");
  if (sinks.is_array())
    for (const Json& sink : sinks)
      notices.sinks.push_back({evidence::text_of(sink, "name").value_or(""), number(sink, "sent"),
                               number(sink, "failed"), number(sink, "refused"),
                               number(sink, "dropped"), number(sink, "waiting")});
  out.notices = std::move(notices);
}

Result<int> metrics(const Cli& cli) {
  if (auto root = need_root("metrics"); !root) return std::unexpected(root.error());
  Figures figures;
  figures.version = GLACIS_VERSION;
  if (auto status = add_kernel(figures); !status) return std::unexpected(status.error());
  add_log(figures);
  add_notices(figures);
  cli.out.write(report::metrics_text(figures));
  return code(Exit::ok);
}

}  // namespace

void add_metrics(Command app, Cli& cli) {
  Command command = app.add_command("metrics", "Write figures for Prometheus");
  command.act(cli, [&cli] { return metrics(cli); });
}

}  // namespace glacis::cli
