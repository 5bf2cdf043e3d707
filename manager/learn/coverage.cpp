// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

#include "manager/base/escape.h"
#include "manager/learn/drift.h"
#include "manager/learn/drop_in.h"

namespace glacis::learn {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kWide = 48;

std::string span_words(std::int64_t nanoseconds) {
  const std::int64_t seconds = nanoseconds / 1'000'000'000;
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

std::string percent(double chance) { return fmt::format("{:.1f} %", 100 * chance); }

std::string estimate_words(const Estimate& of) {
  if (of.of == 0) return "unknown";
  return fmt::format("{} ({} to {}): {} of {}", percent(of.chance), percent(of.low),
                     percent(of.high), of.fresh, of.of);
}

// New behaviours by stretches of equal length of watching.
std::array<std::size_t, kWide> news_by_column(const Readiness& of) {
  std::array<std::size_t, kWide> out{};
  if (of.curve.empty()) return out;
  const std::int64_t whole = std::max<std::int64_t>(of.curve.back().watched, 1);
  std::size_t before = 0;
  for (const Point& point : of.curve) {
    const auto column = static_cast<std::size_t>(static_cast<double>(point.watched) /
                                                 static_cast<double>(whole) * (kWide - 1));
    out[column] += point.known - before;
    before = point.known;
  }
  return out;
}

std::string sparkline(const Readiness& of, bool ascii) {
  constexpr std::string_view blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::string_view signs[] = {" ", ".", ".", ":", ":", "+", "+", "#", "#"};
  const auto columns = news_by_column(of);
  const std::size_t most = std::max<std::size_t>(*std::ranges::max_element(columns), 1);
  std::string out;
  for (const std::size_t fresh : columns) {
    const std::size_t level = fresh == 0 ? 0 : 1 + fresh * 7 / most;
    out += ascii ? signs[level] : blocks[level];
  }
  return out;
}

// How long all that is known has been known.
std::int64_t quiet_for(const Readiness& of) {
  const auto last = std::ranges::find(of.curve, of.curve.back().known, &Point::known);
  return of.curve.back().watched - last->watched;
}

Json estimate_json(const Estimate& of) {
  return {
      {"chance", of.chance}, {"low", of.low}, {"high", of.high}, {"new", of.fresh}, {"of", of.of}};
}

Json drift_json(const std::vector<Drift>& drifts) {
  Json out = Json::array();
  for (const Drift& one : drifts) {
    Json fresh = Json::array();
    for (const std::string& event : one.fresh) fresh.push_back(escape(event));
    out.push_back({{"exe", escape(one.exe)},
                   {"before", one.before},
                   {"now", one.now},
                   {"runs_before", one.runs_before},
                   {"runs_now", one.runs_now},
                   {"new", std::move(fresh)}});
  }
  return out;
}

std::string html(std::string_view bytes) {
  std::string out;
  for (const char c : escape(bytes, Backslash::keep)) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

constexpr double kWidth = 640, kHeight = 200;

// The curve as a step line: it grows when something new is seen.
std::string curve_points(const Readiness& of) {
  const double whole = static_cast<double>(std::max<std::int64_t>(of.curve.back().watched, 1));
  const double most = static_cast<double>(std::max<std::size_t>(of.curve.back().known, 1));
  std::string out = fmt::format("0,{:.1f}", kHeight);
  double y = kHeight;
  for (const Point& point : of.curve) {
    const double x = kWidth * static_cast<double>(point.watched) / whole;
    out += fmt::format(" {:.1f},{:.1f}", x, y);
    y = kHeight - kHeight * static_cast<double>(point.known) / most;
    out += fmt::format(" {:.1f},{:.1f}", x, y);
  }
  return out;
}

std::string runs_html(const Recording& recording, const Readiness& of) {
  std::string out =
      "<table><tr><th>run</th><th>host</th><th>what</th><th>behaviours</th><th>new</th>"
      "<th>lost</th></tr>\n";
  for (std::size_t i = 0; i < of.runs.size(); ++i) {
    const Run& run = recording.runs[of.runs[i].run];
    out += fmt::format(
        "<tr><td>{} {}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", i + 1,
        time_text(run.started), html(run.host), html(run.what), of.runs[i].behaviours,
        of.runs[i].fresh, run.lost);
  }
  return out + "</table>\n";
}

}  // namespace

std::string coverage_text(const Recording& recording, const Readiness& of, bool ascii) {
  const std::int64_t watched = of.curve.empty() ? 0 : of.curve.back().watched;
  std::string out =
      fmt::format("{}: {} behaviours in {} runs, {} of watching\n", escape(recording.name),
                  recording.behaviours.size(), recording.runs.size(), span_words(watched));
  out += fmt::format("new      |{}|\n", sparkline(of, ascii));
  if (!of.curve.empty())
    out += fmt::format("         nothing new for {}\n", span_words(quiet_for(of)));
  for (std::size_t i = 0; i < of.runs.size(); ++i)
    out += fmt::format("run {:<4} {:>5} behaviours, {:>5} new  {}\n", i + 1, of.runs[i].behaviours,
                       of.runs[i].fresh, escape(recording.runs[of.runs[i].run].what));
  out += fmt::format("chance that the next run shows something unseen  {}\n",
                     estimate_words(of.next_run));
  out += fmt::format("chance that the next act is something unseen     {}\n",
                     estimate_words(of.next_act));
  for (const Growing& one : of.growing)
    out += fmt::format("still growing: {} ({} new)\n", escape(one.where), one.fresh);
  out += drift_text(drifts_of(recording));
  if (of.ready()) return out + "ready\n";
  for (const std::string& why : of.missing) out += fmt::format("not ready: {}\n", why);
  return out;
}

std::string coverage_json(const Recording& recording, const Readiness& of) {
  Json runs = Json::array(), curve = Json::array(), growing = Json::array();
  for (const RunNews& one : of.runs) {
    const Run& run = recording.runs[one.run];
    runs.push_back({{"run", escape(run.token)},
                    {"host", escape(run.host)},
                    {"what", escape(run.what)},
                    {"started", time_text(run.started)},
                    {"behaviours", one.behaviours},
                    {"new", one.fresh},
                    {"lost", run.lost}});
  }
  for (const Point& point : of.curve)
    curve.push_back(Json::array({point.watched / 1'000'000, point.known}));
  for (const Growing& one : of.growing)
    growing.push_back({{"where", escape(one.where)}, {"new", one.fresh}});
  const Json out = {{"schema", "glacis.coverage/1"},
                    {"profile", escape(recording.name)},
                    {"ready", of.ready()},
                    {"missing", of.missing},
                    {"behaviours", recording.behaviours.size()},
                    {"suspicious", of.suspicious},
                    {"next_run", estimate_json(of.next_run)},
                    {"next_act", estimate_json(of.next_act)},
                    {"runs", std::move(runs)},
                    {"growing", std::move(growing)},
                    {"drift", drift_json(drifts_of(recording))},
                    {"curve_ms", std::move(curve)}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string coverage_html(const Recording& recording, const Readiness& of) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{0}: coverage</title>\n"
      "<style>body{{font:15px sans-serif;max-width:720px;margin:2em auto}}"
      "td,th{{text-align:left;padding:2px 10px 2px 0}}svg{{width:100%}}</style>\n"
      "<h1>{0}: {1}</h1>\n",
      html(recording.name), of.ready() ? "ready" : "not ready");
  for (const std::string& why : of.missing)
    out += fmt::format("<p>Not ready: {}.</p>\n", html(why));
  if (!of.curve.empty()) {
    out += fmt::format(
        "<svg viewBox=\"-4 -4 {} {}\" role=\"img\" aria-label=\"behaviours known over time\">"
        "<polyline fill=\"none\" stroke=\"#246\" stroke-width=\"2\" points=\"{}\"/></svg>\n",
        kWidth + 8, kHeight + 8, curve_points(of));
    out += fmt::format("<p>{} behaviours known after {} of watching; nothing new for {}.</p>\n",
                       of.curve.back().known, span_words(of.curve.back().watched),
                       span_words(quiet_for(of)));
  }
  out += fmt::format(
      "<p>Chance that the next run shows something unseen: {}.<br>"
      "Chance that the next act is something unseen: {}.</p>\n",
      html(estimate_words(of.next_run)), html(estimate_words(of.next_act)));
  for (const Growing& one : of.growing)
    out += fmt::format("<p>Still growing: {} ({} new).</p>\n", html(one.where), one.fresh);
  for (const Drift& one : drifts_of(recording)) {
    out += fmt::format("<p>{} changed; new since:</p><ul>", html(one.exe));
    for (const std::string& event : one.fresh) out += fmt::format("<li>{}</li>", html(event));
    out += "</ul>\n";
  }
  return out + runs_html(recording, of) + "</html>\n";
}

}  // namespace glacis::learn
