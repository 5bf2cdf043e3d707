// SPDX-License-Identifier: Apache-2.0
#include "manager/report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "manager/base/escape.h"
#include "manager/evidence/phrases.h"

namespace glacis::report {
namespace {

using evidence::Json;
using evidence::member;
using evidence::number_of;
using evidence::shown;
using evidence::text_of;

constexpr std::size_t kMostRows = 5000;

constexpr std::string_view kHead = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Glacis: incident</title>
<style>
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 62em; padding: 0 1em; color: #1c2430; background: #fff; }
h1 { font-size: 1.5em; margin: 0 0 .3em; } h2 { font-size: 1.1em; margin: 2em 0 .5em; border-bottom: 1px solid #cfd6df; }
small { color: #667; } table { border-collapse: collapse; width: 100%; font-size: .92em; }
th { white-space: nowrap; } td, th { text-align: left; vertical-align: top; padding: .25em .6em .25em 0; border-bottom: 1px solid #e6eaef; overflow-wrap: anywhere; }
.box { border: 1px solid #cfd6df; border-left-width: 6px; padding: .6em 1em; margin: .8em 0; }
.good { border-left-color: #2a7a4b; } .bad { border-left-color: #b3261e; }
.tree ul { list-style: none; margin: 0; padding-left: 1.4em; border-left: 1px solid #cfd6df; }
.process { font-weight: 600; } .edge { border-left: 4px solid #889; padding-left: .5em; margin: .15em 0; overflow-wrap: anywhere; }
.edge.compromise { border-color: #b3261e; } .edge.suspicious { border-color: #d98200; } .edge.probe { border-color: #4a6fa5; }
svg { width: 100%; } svg text { font-size: 11px; fill: #445; } svg line { stroke: #dde3ea; }
circle { fill: #889; } circle.compromise { fill: #b3261e; } circle.suspicious { fill: #d98200; } circle.probe { fill: #4a6fa5; } circle.benign { fill: #2a7a4b; }
#hatch rect { fill: #99a; } .gap { fill: url(#hatch); opacity: .55; }
td.lost { font-style: italic; background: #f3f0e6; }
</style>
</head>
<body>
)html";

std::string row(const std::string& name, const std::string& text) {
  return fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", name, text);
}

std::string joined(const std::set<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + html_text(word);
  return out.empty() ? "-" : out;
}

// What the records have in common.
struct Summary {
  std::set<std::string> hosts, domains, images, owners, runbooks, techniques;
  std::map<std::string, std::size_t> grades;
  std::uint64_t records = 0;   // of refusals
  std::uint64_t refusals = 0;  // those that have no record of their own, too
  std::uint64_t lost = 0, missed = 0;
  bool missed_unknown = false;  // nobody knows how many
  std::string first, last;
};

void add(std::set<std::string>& to, const Json& record, const char* key) {
  if (text_of(record, key)) to.insert(shown(record, key));
}

// Repeats are counted at the record, and with the first of a kind all that were like it:
// those with records of their own are not counted twice.
std::uint64_t without_records(const Json& record) {
  const Json& key = member(record, "key");
  const auto count = number_of(key, "count").value_or(0);
  const auto recorded = std::max<std::uint64_t>(1, number_of(key, "objects").value_or(0));
  return number_of(member(record, "repeats"), "count").value_or(0) +
         (count > recorded ? count - recorded : 0);
}

void add_lost(Summary& to, const Json& record) {
  const auto schema = text_of(record, "schema");
  if (schema == evidence::gap_schema) to.lost += number_of(record, "lost").value_or(0);
  if (schema != evidence::missed_schema) return;
  const auto count = number_of(record, "count");
  to.missed += count.value_or(0);
  to.missed_unknown |= !count;
}

Summary summary_of(const evidence::Listing& listing) {
  Summary out;
  for (const evidence::Entry& entry : listing.entries) {
    const Json& record = entry.record;
    add_lost(out, record);
    if (text_of(record, "schema") != evidence::event_schema) continue;
    ++out.records;
    out.refusals += 1 + without_records(record);
    for (const auto& [set, key] : {std::pair(&out.hosts, "host"),
                                   {&out.domains, "domain"},
                                   {&out.images, "image"},
                                   {&out.owners, "owner"},
                                   {&out.runbooks, "runbook"}})
      add(*set, record, key);
    const Json& techniques = member(member(record, "attack"), "techniques");
    if (techniques.is_array())
      for (const Json& one : techniques) out.techniques.insert(shown(one));
    ++out.grades[text_of(record, "grade") ? shown(record, "grade") : "not graded"];
    if (out.first.empty()) out.first = shown(record, "time");
    out.last = shown(record, "time");
  }
  return out;
}

std::string refusals_text(const Summary& all) {
  std::string grades;
  for (const auto& [grade, count] : all.grades)
    grades += fmt::format("{}{} {}", grades.empty() ? "" : ", ", count, html_text(grade));
  if (grades.empty()) grades = "-";
  return all.refusals == all.records
             ? fmt::format("{}: {}", all.refusals, grades)
             : fmt::format("{}, {} with records: {}", all.refusals, all.records, grades);
}

std::string lost_text(const Summary& all) {
  std::string out = all.lost == 0 ? "" : fmt::format("{} events", all.lost);
  if (all.missed == 0 && !all.missed_unknown) return out.empty() ? "nothing" : out;
  if (!out.empty()) out += ", ";
  if (all.missed_unknown)
    out += all.missed == 0 ? "nobody knows how many" : fmt::format("more than {}", all.missed);
  else
    out += fmt::format("{}", all.missed);
  return out + " refusals by seccomp or AppArmor";
}

std::string header(const Incident& incident) {
  const Summary all = summary_of(incident.listing);
  const bool strong = all.grades.contains("compromise");
  std::string out =
      fmt::format("<h1>Glacis: {}</h1>\n<div class=\"box {}\">\n<table>\n",
                  strong ? "proof of a compromise" : "what was refused", strong ? "bad" : "good");
  out += row("Host", joined(all.hosts)) + row("Domain", joined(all.domains)) +
         row("Owner", joined(all.owners)) + row("Runbook", joined(all.runbooks)) +
         row("Time", html_text(all.first) + " to " + html_text(all.last)) +
         row("Refusals", refusals_text(all)) + row("Lost", lost_text(all)) +
         row("ATT&amp;CK", joined(all.techniques)) + row("Image", joined(all.images)) +
         row("Log", html_text(escape(incident.log, Backslash::keep))) +
         row("Made", html_text(incident.made) + " by glacis " + html_text(incident.version));
  return out + "</table>\n</div>\n";
}

std::string chain(const evidence::Verified& verified) {
  std::string out = "<h2>Chain</h2>\n";
  out += fmt::format("<div class=\"box {}\">\n", verified.intact() ? "good" : "bad");
  out += verified.intact()
             ? fmt::format("<p>The chain of {} records is unbroken.</p>\n", verified.records)
             : std::string("<p><b>The chain is broken.</b></p>\n");
  out += fmt::format("<p>{}</p>\n",
                     verified.trusted ? "Its keys were compared with those known from elsewhere."
                                      : "Its keys are those that the log itself names: whoever can "
                                        "write the log could have made it anew.");
  out += "<ul>\n";
  for (const evidence::Run& run : verified.runs)
    out +=
        run.checkpoint
            ? fmt::format("<li>records {} to {}: signed up to {}, {}</li>\n", run.first, run.last,
                          run.checkpoint->position.count - 1, html_text(run.checkpoint->time))
            : fmt::format("<li>records {} to {}: linked, not signed</li>\n", run.first, run.last);
  for (const evidence::Finding& finding : verified.findings)
    out += fmt::format("<li>{}:{}: {}</li>\n", html_text(escape(finding.file)), finding.line,
                       html_text(escape(finding.what, Backslash::keep)));
  if (verified.more_findings != 0)
    out += fmt::format("<li>and {} more</li>\n", verified.more_findings);
  return out + "</ul>\n</div>\n";
}

// Of a record that is no refusal.
std::string note_text(const Json& record) {
  const auto schema = text_of(record, "schema");
  const std::string from = html_text(shown(record, "from")), to = html_text(shown(record, "to"));
  if (schema == evidence::gap_schema && number_of(record, "lost").value_or(0) == 0)
    return fmt::format("events {} to {} are not in this log", from, to);
  if (schema == evidence::gap_schema)
    return fmt::format("{} events from {} to {} were lost", html_text(shown(record, "lost")), from,
                       to);
  if (schema == evidence::missed_schema) return html_text(evidence::missed_phrase(record));
  if (schema == evidence::guard_schema)
    return fmt::format("the guard: {}: {}", html_text(shown(record, "what")),
                       html_text(shown(record, "text")));
  return "a record was not understood";
}

std::string times(const Json& record) {
  std::string out;
  if (const auto further = number_of(member(record, "repeats"), "count").value_or(0); further != 0)
    out = fmt::format(" <small>×{}</small>", further + 1);
  const Json& key = member(record, "key");
  const auto count = number_of(key, "count").value_or(0);
  if (count > number_of(key, "objects").value_or(0))
    out += fmt::format(" <small>kind ×{}</small>", count);
  return out;
}

std::string record_row(const Json& record) {
  if (text_of(record, "schema") != evidence::event_schema)
    return fmt::format("<tr><td class=\"lost\" colspan=\"7\">{}: {}</td></tr>\n",
                       html_text(shown(record, "time")), note_text(record));
  const Json& subject = member(record, "subject");
  return fmt::format(
      "<tr><td>{}</td><td>{}</td><td>{}<br><small>{}</small></td><td>{}</td><td>{}{}</td>"
      "<td>{} <small>{}</small></td><td>{}</td></tr>\n",
      html_text(evidence::number_phrase(record)), html_text(shown(record, "time")),
      html_text(shown(record, "grade")), html_text(shown(record, "grade_reason")),
      html_text(evidence::shown_list(record, "blockers", ", ")),
      html_text(evidence::object_phrase(member(record, "object"))), times(record),
      html_text(evidence::path_phrase(subject, "exe")), html_text(shown(subject, "tgid")),
      html_text(evidence::rule_phrase(member(record, "rule"))));
}

std::string records(const evidence::Listing& listing) {
  std::string out =
      "<h2>Records</h2>\n<table>\n<tr><th>No.</th><th>Time</th><th>Grade</th><th>Refused</th>"
      "<th>Object</th><th>By</th><th>Rule</th></tr>\n";
  std::size_t rows = 0;
  for (const evidence::Entry& entry : listing.entries)
    if (rows++ < kMostRows) out += record_row(entry.record);
  out += "</table>\n";
  if (rows > kMostRows)
    out += fmt::format("<p>{} more records are in the log.</p>\n", rows - kMostRows);
  return out;
}

// How often a rule of an image refused.
using Uses = std::map<std::pair<std::string, std::uint64_t>, std::size_t>;

Uses uses_of(const evidence::Listing& listing) {
  Uses out;
  for (const evidence::Entry& entry : listing.entries) {
    const Json& rule = member(entry.record, "rule");
    const std::string image = shown(entry.record, "image");
    const std::uint64_t id = number_of(rule, "id").value_or(0);
    if (id != 0) ++out[{image, id}];
  }
  return out;
}

std::string grant_use(const GrantUse* use, std::uint32_t rule) {
  if (use == nullptr) return "grant; use not known";
  const auto at = use->last.find(rule);
  return at == use->last.end() ? "grant, never used" : "grant, last used " + html_text(at->second);
}

std::string grants(const Incident& incident) {
  const Uses uses = uses_of(incident.listing);
  std::string out = "<h2>Rules</h2>\n";
  if (incident.maps.empty())
    return out + "<p>The source maps of these images are not on this machine.</p>\n";
  out +=
      "<p>What a profile grants is allowed without a record, so a log tells only which rules "
      "refused. Which grants are needed is told by a recording (glacis learn) of runs that were "
      "watched without grants, where there is one.</p>\n";
  for (const image::SourceMap& map : incident.maps) {
    const std::string image = "blake2b:" + image::hex(map.image);
    const auto known = incident.uses.find(image);
    const GrantUse* use = known == incident.uses.end() ? nullptr : &known->second;
    out += fmt::format("<details><summary>{}, {} rules{}</summary>\n<table>\n",
                       html_text(escape(map.profile)), map.rules.size(),
                       use ? fmt::format("; {} recorded runs", use->runs) : "");
    for (const image::SourceRule& rule : map.rules) {
      const auto at = uses.find({image, rule.id});
      out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                         html_text(escape(map.place(rule.id))),
                         html_text(escape(rule.text, Backslash::keep)),
                         !rule.deny         ? grant_use(use, rule.id)
                         : at == uses.end() ? "deny, never used here"
                                            : fmt::format("refused {} times", at->second));
    }
    out += "</table>\n</details>\n";
  }
  return out;
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string incident_html(const Incident& incident) {
  std::string out(kHead);
  out += header(incident);
  out += "<h2>Processes</h2>\n" + html_tree(incident.listing);
  out += "<h2>Timeline</h2>\n" + html_timeline(incident.listing);
  out += records(incident.listing);
  out += grants(incident);
  out += chain(incident.verified);
  return out + "</body>\n</html>\n";
}

}  // namespace glacis::report
