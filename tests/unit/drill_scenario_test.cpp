// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "manager/drill/scenario.h"

namespace glacis::drill {
namespace {

namespace fs = std::filesystem;
using Document = nlohmann::json;

Document good_step() {
  return {{"name", "wipe"},
          {"what", "a log is emptied"},
          {"attack", {"T1685.006"}},
          {"act", {"file.truncate", "/var/log/x-{id}"}},
          {"decoys", {{{"kind", "file"}, {"path", "/var/log/x-{id}"}}}},
          {"probe", {{"kind", "changes"}, {"path", "/var/log/x-{id}"}}}};
}

Result<Scenarios> parsed(const Document& step) {
  return parse_scenarios(Document{{"schema", "glacis.drills/1"},
                                  {"attack", "v1"},
                                  {"scenarios", {{{"name", "s"}, {"what", ""}, {"steps", {step}}}}}}
                             .dump());
}

Result<Scenarios> with(const char* key, const Document& value) {
  Document step = good_step();
  step[key] = value;
  return parsed(step);
}

// All acts that glacis-act knows, with the number of arguments that each takes.
std::map<std::string, std::pair<int, int>> acts() {
  std::map<std::string, std::pair<int, int>> out;
  for (const auto& entry : fs::directory_iterator(fs::path(GLACIS_SOURCE) / "vm-tests/acts")) {
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with("    {\"")) continue;
      const std::size_t end = line.find('"', 6), last = line.find("\", ", end + 1);
      int least = -1, most = -1;
      if (last != std::string::npos &&
          std::sscanf(line.c_str() + last + 3, "%d, %d", &least, &most) == 2)
        out[line.substr(6, end - 6)] = {least, most};
    }
  }
  return out;
}

TEST(DrillScenarios, TheShippedOnesAreWhole) {
  const auto all = parse_scenarios(scenarios_text());
  ASSERT_TRUE(all) << all.error().what;
  std::set<std::string> names;
  const auto known = acts();
  ASSERT_GT(known.size(), 100u);
  for (const Scenario& one : all->all) {
    names.insert(one.name);
    EXPECT_GE(one.steps.size(), 5u) << one.name;
    for (const Step& step : one.steps) {
      const auto at = known.find(step.act.front());
      ASSERT_TRUE(at != known.end()) << step.act.front();
      const int count = static_cast<int>(step.act.size()) - 1;
      EXPECT_TRUE(at->second.first <= count && count <= at->second.second) << step.name;
    }
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"web-shell", "miner", "credential-theft", "container-escape",
                                   "lateral-movement", "log-wiping", "agent-tampering"}));
}

// Whatever is written, emptied or removed is the drill's own.
TEST(DrillScenarios, NoActWritesToWhatIsNotADecoy) {
  const std::set<std::string> looks = {"file.read"};
  const auto all = parse_scenarios(scenarios_text());
  ASSERT_TRUE(all);
  for (const Scenario& one : all->all)
    for (const Step& step : one.steps)
      for (std::size_t i = 1; i < step.act.size(); ++i) {
        const std::string& word = step.act[i];
        if (!word.starts_with('/') || word == "/" || looks.contains(step.act.front())) continue;
        EXPECT_NE(word.find("{id}"), std::string::npos) << step.name << ": " << word;
      }
}

TEST(DrillScenarios, HostileOnesAreRefused) {
  EXPECT_TRUE(parsed(good_step()));
  const Document outside = {{"kind", "file"}, {"path", "/etc/passwd"}};
  EXPECT_FALSE(with("decoys", {outside}));
  EXPECT_FALSE(with("decoys", {{{"kind", "file"}, {"path", "/{id}/../etc/passwd"}}}));
  EXPECT_FALSE(with("decoys", {{{"kind", "file"}, {"path", "/x-{id}/passwd"}}}));
  EXPECT_FALSE(with("decoys", {{{"kind", "file"}, {"path", "{scratch}/../x"}}}));
  EXPECT_FALSE(with("decoys", {{{"kind", "weapon"}}}));
  EXPECT_FALSE(with("probe", {{"kind", "appears"}, {"path", "/etc/passwd"}}));
  EXPECT_FALSE(with("probe", {{"kind", "ends"}})) << "there is no process";
  EXPECT_FALSE(with("probe", {{"kind", "hears"}})) << "there is no server";
  EXPECT_FALSE(with("act", {"process.seize", "{pid}"}));
  EXPECT_FALSE(with("act", {"file.read", "/etc/x\nother file.unlink /etc/passwd"}));
  EXPECT_FALSE(with("act", {"file.read", "two words"}));
  EXPECT_FALSE(with("act", Document::array()));
  EXPECT_FALSE(with("act", 7));
  EXPECT_FALSE(with("attack", Document::array()));
  EXPECT_FALSE(with("attack", {"T107"}));
  EXPECT_FALSE(with("attack", {"T1070.02"}));
  EXPECT_FALSE(with("name", "a b"));
  EXPECT_FALSE(parse_scenarios("["));
  EXPECT_FALSE(parse_scenarios(R"({"schema":"glacis.drills/2"})"));
  EXPECT_FALSE(parse_scenarios(R"({"schema":"glacis.drills/1"})"));
}

TEST(DrillScenarios, AreChosenByNameAndTechnique) {
  const auto all = parse_scenarios(scenarios_text());
  ASSERT_TRUE(all);
  EXPECT_EQ(choose(*all, {}, {})->all.size(), 7u);
  const auto one = choose(*all, {"miner"}, {});
  ASSERT_TRUE(one);
  ASSERT_EQ(one->all.size(), 1u);
  EXPECT_EQ(one->all[0].steps.size(), 6u);
  const auto techniques = choose(*all, {}, {"T1003"});
  ASSERT_TRUE(techniques);
  ASSERT_EQ(techniques->all.size(), 1u);
  EXPECT_EQ(techniques->all[0].techniques(), (std::set<std::string>{"T1003.007", "T1003.008"}));
  EXPECT_EQ(choose(*all, {"miner"}, {"T1003.008"})->all.size(), 2u);
  EXPECT_FALSE(choose(*all, {}, {"T10"})) << "no part of a number";
  const auto unknown = choose(*all, {"miners"}, {});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().what.find("did you mean `miner`"), std::string::npos);
}

}  // namespace
}  // namespace glacis::drill
