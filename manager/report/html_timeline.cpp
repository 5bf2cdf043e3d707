// SPDX-License-Identifier: Apache-2.0
// A lane for each process and a mark for each refusal; where some were lost or missed, a
// hatched gap from the record before it to the one behind it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "manager/evidence/phrases.h"
#include "manager/report/html.h"

namespace glacis::report {
namespace {

using evidence::Json;
using evidence::member;
using evidence::shown;
using evidence::text_of;

constexpr double kLeft = 170, kWidth = 780, kLane = 22, kTop = 26;
constexpr std::size_t kMostLanes = 40;

// Seconds of the day and its day, as one number: enough to place marks.
std::optional<double> seconds_of(const Json& record) {
  const std::string text = text_of(record, "time").value_or("");
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%lfZ", &year, &month, &day, &hour, &minute,
                  &second) != 6)
    return std::nullopt;
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  return static_cast<double>(::timegm(&parts)) + hour * 3600 + minute * 60 + second;
}

struct Mark {
  double at = 0;
  std::size_t lane = 0;
  const Json* record = nullptr;
};

struct Gap {
  double from = 0, to = 0;
  const char* what = nullptr;
};

struct Chart {
  std::vector<std::string> lanes;
  std::vector<Mark> marks;
  std::vector<Gap> gaps;
  double first = 0, last = 0;
  std::size_t left_out = 0;

  [[nodiscard]] double x(double at) const {
    return last > first ? kLeft + kWidth * (at - first) / (last - first) : kLeft + kWidth / 2;
  }
};

// None where there is no room for another lane.
std::optional<std::size_t> lane_of(Chart& chart, const Json& subject) {
  const std::string name = fmt::format("{} {}", shown(subject, "comm"), shown(subject, "tgid"));
  const auto at = std::ranges::find(chart.lanes, name);
  const auto out = static_cast<std::size_t>(at - chart.lanes.begin());
  if (at != chart.lanes.end()) return out;
  if (chart.lanes.size() >= kMostLanes) return std::nullopt;
  chart.lanes.push_back(name);
  return out;
}

// What a record says is missing; null where nothing is: the numbers before a log's first
// record are in another log.
const char* missing(const Json& record) {
  const auto schema = text_of(record, "schema");
  if (schema == evidence::gap_schema && evidence::number_of(record, "lost").value_or(0) != 0)
    return "records were lost here";
  return schema == evidence::missed_schema
             ? "refusals by seccomp or AppArmor were missed here, and have no records"
             : nullptr;
}

// From the refusal before what is missing to the one behind it, as far as they are there.
void close_gaps(Chart& chart, std::vector<const char*>& open, std::optional<double> before,
                std::optional<double> behind) {
  for (const char* what : open)
    if (before || behind)
      chart.gaps.push_back({before ? *before : *behind, behind ? *behind : *before, what});
  open.clear();
}

Chart chart_of(const evidence::Listing& listing) {
  Chart out;
  std::optional<double> before;  // the time of the last refusal
  std::vector<const char*> open;
  for (const evidence::Entry& entry : listing.entries) {
    if (const char* what = missing(entry.record);
        what != nullptr && std::ranges::find(open, what) == open.end())
      open.push_back(what);
    const auto at = seconds_of(entry.record);
    if (text_of(entry.record, "schema") != evidence::event_schema || !at) continue;
    close_gaps(out, open, before, at);
    before = at;
    if (const auto lane = lane_of(out, member(entry.record, "subject")))
      out.marks.push_back({*at, *lane, &entry.record});
    else
      ++out.left_out;
  }
  close_gaps(out, open, before, std::nullopt);
  if (out.marks.empty()) return out;
  const auto [low, high] = std::ranges::minmax_element(out.marks, {}, &Mark::at);
  out.first = low->at;
  out.last = high->at;
  return out;
}

std::string gap_svg(const Chart& chart, const Gap& gap, double height) {
  const double x = chart.x(std::min(gap.from, gap.to)),
               width = std::max(6.0, chart.x(std::max(gap.from, gap.to)) - x);
  return fmt::format(
      "<rect class=\"gap\" x=\"{:.1f}\" y=\"{:.0f}\" width=\"{:.1f}\" height=\"{:.0f}\">"
      "<title>{}</title></rect>\n",
      x, kTop, width, height - kTop, gap.what);
}

std::string mark_svg(const Chart& chart, const Mark& mark) {
  const Json& record = *mark.record;
  const std::string grade = text_of(record, "grade") ? shown(record, "grade") : "none";
  return fmt::format(
      "<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.0f}\" r=\"5\"><title>{} {} {} "
      "{}</title></circle>\n",
      html_text(grade), chart.x(mark.at), kTop + kLane * (static_cast<double>(mark.lane) + 0.5),
      html_text(shown(record, "time")), html_text(shown(record, "verdict")),
      html_text(evidence::shown_list(record, "blockers", ", ")),
      html_text(evidence::object_phrase(member(record, "object"))));
}

}  // namespace

std::string html_timeline(const evidence::Listing& listing) {
  const Chart chart = chart_of(listing);
  if (chart.marks.empty()) return "<p>There is nothing to draw.</p>\n";
  const double height = kTop + kLane * static_cast<double>(chart.lanes.size());
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 960 {0:.0f}\" role=\"img\" aria-label=\"refusals over time\">\n"
      "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
      "patternTransform=\"rotate(45)\"><rect width=\"2\" height=\"6\"/></pattern></defs>\n"
      "<text x=\"{1:.0f}\" y=\"14\">{2}</text><text x=\"{3:.0f}\" y=\"14\" "
      "text-anchor=\"end\">{4}</text>\n",
      height, kLeft, html_text(shown(*chart.marks.front().record, "time")), kLeft + kWidth,
      html_text(shown(*chart.marks.back().record, "time")));
  for (std::size_t i = 0; i < chart.lanes.size(); ++i) {
    const double y = kTop + kLane * (static_cast<double>(i) + 0.5);
    out += fmt::format(
        "<line x1=\"{:.0f}\" x2=\"{:.0f}\" y1=\"{:.0f}\" y2=\"{:.0f}\"/>"
        "<text x=\"0\" y=\"{:.0f}\">{}</text>\n",
        kLeft, kLeft + kWidth, y, y, y + 4, html_text(chart.lanes[i]));
  }
  for (const Gap& gap : chart.gaps) out += gap_svg(chart, gap, height);
  for (const Mark& mark : chart.marks) out += mark_svg(chart, mark);
  out += "</svg>\n";
  if (chart.left_out != 0)
    out += fmt::format("<p>{} refusals of further processes are in the table only.</p>\n",
                       chart.left_out);
  return out;
}

}  // namespace glacis::report
