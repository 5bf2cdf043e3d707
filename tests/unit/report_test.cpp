// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <regex.h>

#include <algorithm>
#include <set>

#include "manager/base/file.h"
#include "manager/report/html.h"
#include "manager/report/metrics.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::report {
namespace {

using evidence::file_event;

// Something of everything that there can be.
Figures figures() {
  Figures out;
  out.version = "1.2.3";
  out.in_force = true;
  out.domains = {{"web", "blake2b:ab", "enforce", 7, 2, 3, 4, 1'795'450'000}};
  out.refusals = {{"web", "file", 6}};
  out.counters = {{"event_lost", 5}, {"walk_retried", 1}};
  out.maps = {{"repeats", 9, 16384}};
  out.programs = {{"file_open", 12, 3'500'000'000}};
  out.log = Figures::Log{88, 1'795'450'010};
  out.notices = Figures::Notices{5, 4, 1, {{"a \"b\"\\\n", 3, 2, 1, 0, 6}}};
  return out;
}

// POSIX's: gcc warns of the standard library's own code where it is sanitised.
class Pattern {
 public:
  explicit Pattern(const char* text) { good_ = ::regcomp(&compiled_, text, REG_EXTENDED) == 0; }
  ~Pattern() {
    if (good_) ::regfree(&compiled_);
  }
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  // The first match from `text` on.
  bool find(const char* text, regmatch_t& match) const {
    return good_ && ::regexec(&compiled_, text, 1, &match, 0) == 0;
  }
  bool matches(const std::string& text) const {
    regmatch_t match;
    return find(text.c_str(), match);
  }

 private:
  regex_t compiled_{};
  bool good_ = false;
};

std::set<std::string> metrics_in(const std::string& text) {
  const Pattern name("glacis_[a-z_]+");
  std::set<std::string> out;
  regmatch_t match;
  for (const char* at = text.c_str(); name.find(at, match); at += match.rm_eo)
    out.emplace(at + match.rm_so, at + match.rm_eo);
  return out;
}

TEST(Metrics, ArePrometheusText) {
  const std::string text = metrics_text(figures());
  EXPECT_NE(text.find("# HELP glacis_denied_total Refusals, repeats included.\n"
                      "# TYPE glacis_denied_total counter\n"
                      "glacis_denied_total{domain=\"web\"} 7\n"),
            text.npos);
  EXPECT_NE(text.find("glacis_refusals_total{domain=\"web\",class=\"file\"} 6\n"), text.npos);
  EXPECT_NE(text.find("glacis_events_lost_total 5\n"), text.npos);
  EXPECT_NE(text.find("glacis_program_seconds_total{program=\"file_open\"} 3.5\n"), text.npos);
  EXPECT_NE(text.find("glacis_policy_loaded_timestamp_seconds{domain=\"web\"} 1795450000\n"),
            text.npos);
  EXPECT_NE(text.find(R"(glacis_sink_messages_total{sink="a \"b\"\\ ",result="failed"} 2)"),
            text.npos);
  const Pattern line(
      R"re(^(# (HELP|TYPE) glacis_[a-z_]+ .+|glacis_[a-z_]+(\{[a-z]+="([^"\]|\\.)*"(,[a-z]+="([^"\]|\\.)*")*\})? [0-9]+(\.[0-9]+)?)$)re");
  std::istringstream lines(text);
  std::set<std::string> seen;
  for (std::string one; std::getline(lines, one);) {
    EXPECT_TRUE(line.matches(one)) << one;
    EXPECT_TRUE(!one.starts_with("# TYPE") || seen.insert(one).second) << one;
  }
}

TEST(Metrics, AHostWithoutEnforcementSaysSo) {
  const std::string text = metrics_text({});
  EXPECT_NE(text.find("glacis_in_force 0\n"), text.npos);
  EXPECT_EQ(text.find("glacis_denied_total"), text.npos);
}

TEST(Metrics, TheDashboardNamesThoseThatThereAre) {
  const auto text = read_file(GLACIS_SOURCE "/tools/dashboards/glacis.json", 1u << 20);
  ASSERT_TRUE(text);
  const auto dashboard = nlohmann::json::parse(*text);
  const std::set<std::string> known = metrics_in(metrics_text(figures()));
  std::set<std::string> shown;
  for (const auto& panel : dashboard["panels"])
    for (const auto& target : panel["targets"]) {
      const auto names = metrics_in(target["expr"].get<std::string>());
      EXPECT_FALSE(names.empty()) << target;
      shown.insert(names.begin(), names.end());
    }
  EXPECT_EQ(shown, known) << "each metric is shown, and none that there is not";
}

class Html : public testing::Test {
 protected:
  void add(const gl_event& event) {
    evidence::SourceMaps none("/nonexistent");
    add(evidence::event_line(*evidence::decode(evidence::bytes_of(event)), evidence::context(),
                             none));
  }
  void add(const std::string& line) {
    incident_.listing.entries.push_back({"log", ++line_, nlohmann::ordered_json::parse(line)});
  }
  std::string html() { return incident_html(incident_); }

  Incident incident_;
  std::uint64_t line_ = 0;
};

TEST_F(Html, GrantsThatRunsNeededAreTold) {
  image::SourceMap map{"web", {}, {}, {}, {}};
  for (const profile::RuleId id : {profile::RuleId{1}, profile::RuleId{2}})
    map.rules.push_back({id, "web.toml", id, 1, 3, "file", "file read /x", "/x", 1, false, ""});
  incident_.maps = {map};
  EXPECT_NE(html().find("<td>grant; use not known</td>"), std::string::npos);
  const std::string image = "blake2b:" + std::string(64, '0');
  incident_.uses[image] = {3, {{2, "2026-11-28T09:00:00<Z"}}};
  const std::string text = html();
  EXPECT_NE(text.find("web, 2 rules; 3 recorded runs"), text.npos);
  EXPECT_NE(text.find("<td>grant, never used</td>"), text.npos);
  EXPECT_NE(text.find("<td>grant, last used 2026-11-28T09:00:00&lt;Z</td>"), text.npos);
}

TEST_F(Html, NothingOfARecordIsMarkup) {
  auto event = file_event(1);
  evidence::set_path(*event, "/x/<script>alert(1)</script>\"'&\x1b[2J");
  evidence::set_name(event->subject.comm, "<b onx='\">");
  evidence::set_name(event->subject.ancestry[0].comm, "<i>&");
  add(*event);
  add(R"({"schema":"glacis.event/1","seq":"<u>","time":"<u>","verdict":"<u>","grade":"<u>\"x","subject":{"comm":"<u>","tgid":"<u>","ancestry":[["<u>","<u>"]]},"object":{"kind":"<u>","path":"<u>"},"blockers":["<u>"],"owner":"<u>","runbook":"<u>","image":"<u>","rule":{"id":4,"reason":"<u>","file":"<u>","line":3},"attack":{"techniques":["<u>"]}})");
  incident_.log = "<u>";
  incident_.verified.findings.push_back({"<u>", 3, 4, "<u>"});
  image::SourceMap map{"<u>", {}, {}, {}, {}};
  map.rules.push_back({1, "<u>", 2, 1, 3, "file", "<u>", "<u>", 1, true, ""});
  incident_.maps = {map};
  const std::string text = html();
  for (const char* tag : {"<script", "<b onx", "<i>", "<u>", "\x1b"})
    EXPECT_EQ(text.find(tag), text.npos) << tag;
  EXPECT_NE(text.find("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"), text.npos);
}

TEST_F(Html, HasNoScriptAndNeedsNoNetwork) {
  add(*file_event(1));
  const std::string text = html();
  for (const char* part : {"<script", "src=", "href=", "url(http", "@import", "onload"})
    EXPECT_EQ(text.find(part), text.npos) << part;
  EXPECT_NE(text.find("default-src 'none'"), text.npos);
}

TEST_F(Html, DrawsTreeLanesAndGaps) {
  add(*file_event(1));
  add(*file_event(2));
  add(evidence::gap_line({3, 5}, evidence::context()));
  add(*evidence::net_event(6));
  const std::string text = html();
  EXPECT_NE(text.find("proof of a compromise"), text.npos);
  EXPECT_NE(text.find("<span class=\"process\">systemd <small>1</small></span>"), text.npos);
  EXPECT_NE(text.find("<b>file.execute</b> /usr/bin/dash"), text.npos);
  EXPECT_NE(text.find("<rect class=\"gap\""), text.npos);
  EXPECT_NE(text.find("3 events from 3 to 5 were lost"), text.npos);
  EXPECT_NE(text.find("<tr><th>Lost</th><td>3 events</td></tr>"), text.npos);
  std::size_t marks = 0;
  for (auto at = text.find("<circle "); at != text.npos; at = text.find("<circle ", at + 1))
    ++marks;
  EXPECT_EQ(marks, 3u);
}

std::size_t gaps_in(const std::string& text) {
  std::size_t out = 0;
  for (auto at = text.find("<rect class=\"gap\""); at != text.npos;
       at = text.find("<rect class=\"gap\"", at + 1))
    ++out;
  return out;
}

// What is in another log is no loss.
TEST_F(Html, DrawsNoLossWhereNothingWasLost) {
  add(*file_event(1));
  add(evidence::gap_line({2, 5, false}, evidence::context()));
  add(*file_event(6));
  const std::string text = html();
  EXPECT_EQ(gaps_in(text), 0u);
  EXPECT_EQ(text.find("were lost"), text.npos);
  EXPECT_NE(text.find("events 2 to 5 are not in this log"), text.npos);
  EXPECT_NE(text.find("<tr><th>Lost</th><td>nothing</td></tr>"), text.npos);
}

TEST_F(Html, WhatWasMissedIsDrawnAndCountedAsLost) {
  const auto missed = [](const char* count) {
    return fmt::format(
        R"({{"schema":"glacis.missed/1","time":"2026-11-23T16:06:45.000000Z","count":{},"reason":"room"}})",
        count);
  };
  const auto lost = [&] {
    const std::string text = html();
    const auto from = text.find("<tr><th>Lost</th><td>") + 21;
    return text.substr(from, text.find('<', from) - from);
  };
  add(*file_event(1));
  add(missed("5"));
  EXPECT_EQ(lost(), "5 refusals by seccomp or AppArmor");
  EXPECT_EQ(gaps_in(html()), 1u) << "after the last record, too";
  add(*file_event(2));
  EXPECT_EQ(gaps_in(html()), 1u);
  EXPECT_NE(html().find("<title>refusals by seccomp or AppArmor were missed here"),
            std::string::npos);
  add(evidence::gap_line({3, 5}, evidence::context()));
  add(missed("2"));
  add(*file_event(6));
  EXPECT_EQ(lost(), "3 events, 7 refusals by seccomp or AppArmor");
  EXPECT_EQ(gaps_in(html()), 3u) << "a loss and a miss are two";
  add(missed("null"));
  EXPECT_EQ(lost(), "3 events, more than 7 refusals by seccomp or AppArmor");
}

TEST_F(Html, ALossBeforeTheFirstRecordIsDrawn) {
  add(evidence::gap_line({1, 5}, evidence::context()));
  add(*file_event(6));
  EXPECT_EQ(gaps_in(html()), 1u);
}

// A million refusals of one kind are one record and a count.
TEST_F(Html, CountsRefusalsAndNotOnlyRecords) {
  add(*file_event(1));
  EXPECT_NE(html().find("<th>Refusals</th><td>1: 1 compromise</td>"), std::string::npos);
  incident_.listing.entries[0].record["key"] = {
      {"count", 1'000'000u}, {"objects", 2u}, {"distinct", 2u}};
  add(*file_event(2));  // the second object of that kind
  EXPECT_NE(html().find("<th>Refusals</th><td>1000000, 2 with records: 2 compromise</td>"),
            std::string::npos);
  EXPECT_NE(html().find("<small>kind ×1000000</small>"), std::string::npos);
  incident_.listing.entries[1].record["repeats"] = {{"count", 9u}};
  EXPECT_NE(html().find("<th>Refusals</th><td>1000009, 2 with records"), std::string::npos);
}

TEST_F(Html, TellsOfTheGuard) {
  add(*file_event(1));
  add(R"({"schema":"glacis.guard/1","time":"t","what":"broken","text":"NOTHING <b>"})");
  EXPECT_NE(html().find("t: the guard: broken: NOTHING &lt;b&gt;"), std::string::npos);
}

TEST_F(Html, SaysHowTheChainStands) {
  EXPECT_NE(html().find("is unbroken"), std::string::npos);
  EXPECT_NE(html().find("could have made it anew"), std::string::npos);
  incident_.verified.findings.push_back({"evidence.jsonl", 7, 6, "this line was changed"});
  const std::string text = html();
  EXPECT_NE(text.find("The chain is broken"), text.npos);
  EXPECT_NE(text.find("evidence.jsonl:7: this line was changed"), text.npos);
}

TEST_F(Html, AFloodIsBounded) {
  for (std::uint64_t i = 1; i <= 6000; ++i) {
    auto event = file_event(i);
    event->subject.tgid = static_cast<std::uint32_t>(i % 100 + 2);
    add(*event);
  }
  const std::string text = html();
  EXPECT_NE(text.find("1000 more records are in the log"), text.npos);
  EXPECT_NE(text.find("refusals of further processes are in the table only"), text.npos);
}

}  // namespace
}  // namespace glacis::report
