// SPDX-License-Identifier: Apache-2.0
#include "manager/report/metrics.h"

#include <fmt/format.h>

#include <initializer_list>
#include <utility>

namespace glacis::report {
namespace {

using Labels = std::initializer_list<std::pair<const char*, std::string>>;

std::string label_value(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

// The samples of one metric follow its help, and it is there once.
class Text {
 public:
  void metric(std::string name, const char* type, const char* help) {
    name_ = std::move(name);
    out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name_, help, name_, type);
  }
  template <typename T>
  void sample(T value, Labels labels = {}) {
    out_ += name_;
    const char* between = "{";
    for (const auto& [key, text] : labels) {
      out_ += fmt::format("{}{}=\"{}\"", between, key, label_value(text));
      between = ",";
    }
    if (labels.size() != 0) out_ += '}';
    out_ += fmt::format(" {}\n", value);
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_, name_;
};

void domains(Text& out, const Figures& figures) {
  out.metric("glacis_profile_info", "gauge", "A profile in force.");
  for (const auto& one : figures.domains)
    out.sample(1, {{"domain", one.name}, {"image", one.image}, {"mode", one.mode}});
  out.metric("glacis_denied_total", "counter", "Refusals, repeats included.");
  for (const auto& one : figures.domains) out.sample(one.denied, {{"domain", one.name}});
  out.metric("glacis_would_deny_total", "counter", "What observe and audit let pass.");
  for (const auto& one : figures.domains) out.sample(one.would_deny, {{"domain", one.name}});
  out.metric("glacis_probes_total", "counter", "Refusals the kernel asked for without a record.");
  for (const auto& one : figures.domains) out.sample(one.probes, {{"domain", one.name}});
  out.metric("glacis_cache_entries", "gauge", "Walk-cache values created for a domain.");
  for (const auto& one : figures.domains) out.sample(one.cached, {{"domain", one.name}});
  out.metric("glacis_policy_loaded_timestamp_seconds", "gauge", "When the image was put in force.");
  for (const auto& one : figures.domains)
    if (one.loaded) out.sample(*one.loaded, {{"domain", one.name}});
  out.metric("glacis_refusals_total", "counter", "Refusals the kernel remembers, by class.");
  for (const auto& one : figures.refusals)
    out.sample(one.count, {{"domain", one.domain}, {"class", one.klass}});
}

void kernel(Text& out, const Figures& figures) {
  out.metric("glacis_events_lost_total", "counter", "Events the full ring had no room for.");
  for (const auto& one : figures.counters)
    if (one.place == "event_lost") out.sample(one.value);
  out.metric("glacis_errors_total", "counter", "Counted failures and rare paths, by place.");
  for (const auto& one : figures.counters) out.sample(one.value, {{"place", one.place}});
  out.metric("glacis_map_entries", "gauge", "Entries of a kernel map.");
  for (const auto& one : figures.maps) out.sample(one.used, {{"map", one.name}});
  out.metric("glacis_map_limit", "gauge", "Entries that a kernel map has room for.");
  for (const auto& one : figures.maps) out.sample(one.most, {{"map", one.name}});
  out.metric("glacis_program_runs_total", "counter",
             "Runs of a program, counted while kernel.bpf_stats_enabled is 1.");
  for (const auto& one : figures.programs) out.sample(one.runs, {{"program", one.name}});
  out.metric("glacis_program_seconds_total", "counter",
             "Time in a program, counted while kernel.bpf_stats_enabled is 1.");
  for (const auto& one : figures.programs)
    out.sample(static_cast<double>(one.nanoseconds) / 1e9, {{"program", one.name}});
}

void sinks(Text& out, const Figures::Notices& notices) {
  using Sink = Figures::Sink;
  constexpr std::pair<const char*, std::uint64_t Sink::*> kinds[] = {{"sent", &Sink::sent},
                                                                     {"failed", &Sink::failed},
                                                                     {"refused", &Sink::refused},
                                                                     {"dropped", &Sink::dropped}};
  out.metric("glacis_sink_messages_total", "counter",
             "Messages to a sink, by what became of them.");
  for (const Sink& sink : notices.sinks)
    for (const auto& [name, count] : kinds)
      out.sample(sink.*count, {{"sink", sink.name}, {"result", name}});
  out.metric("glacis_sink_waiting", "gauge", "Messages in a sink's spool.");
  for (const Sink& sink : notices.sinks) out.sample(sink.waiting, {{"sink", sink.name}});
}

}  // namespace

std::string metrics_text(const Figures& figures) {
  Text out;
  out.metric("glacis_build_info", "gauge", "The version of Glacis.");
  out.sample(1, {{"version", figures.version}});
  out.metric("glacis_in_force", "gauge", "Whether anything is enforced on this host.");
  out.sample(figures.in_force ? 1 : 0);
  if (figures.in_force) {
    domains(out, figures);
    kernel(out, figures);
  }
  if (figures.log) {
    out.metric("glacis_evidence_records", "gauge", "Records that the newest checkpoint signs.");
    out.sample(figures.log->records);
    out.metric("glacis_evidence_signed_timestamp_seconds", "gauge", "When that was.");
    out.sample(figures.log->signed_at);
  }
  if (figures.notices) {
    out.metric("glacis_notices_total", "counter", "Notices told.");
    out.sample(figures.notices->told);
    out.metric("glacis_notices_suppressed_total", "counter", "Refusals told in a summary only.");
    out.sample(figures.notices->suppressed);
    out.metric("glacis_notices_unrouted_total", "counter", "Records that no route is for.");
    out.sample(figures.notices->unrouted);
    sinks(out, *figures.notices);
  }
  return out.take();
}

}  // namespace glacis::report
