// SPDX-License-Identifier: Apache-2.0
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
