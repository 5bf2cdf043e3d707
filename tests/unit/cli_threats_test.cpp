// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "manager/cli/threats.h"

namespace glacis::cli {
namespace {

namespace fs = std::filesystem;

const fs::path kTests = fs::path(GLACIS_SOURCE) / "vm-tests";

Threats one_row(std::vector<std::string> scenarios, std::string open = {}) {
  return {"v1", {{"a.b", "", {}, "", std::move(scenarios), std::move(open)}}, {{"risky", "why"}}};
}

ThreatAnswer answer(const Threats& threats, const Trials& trials) {
  return judge(threats, trials).at(0).answer;
}

TEST(Threats, WhatWasNotTriedIsNeverRefused) {
  EXPECT_EQ(answer(one_row({"x"}), {{"x", {"ok", "", {7}}}}), ThreatAnswer::refused);
  EXPECT_EQ(answer(one_row({"x"}), {}), ThreatAnswer::not_tried);
  EXPECT_EQ(answer(one_row({"x"}), {{"x", {"skipped", "no such kernel", {}}}}),
            ThreatAnswer::not_tried);
  EXPECT_EQ(answer(one_row({"x"}), {{"x", {"FAIL", "it was allowed", {}}}}), ThreatAnswer::failed);
  EXPECT_EQ(answer(one_row({"x", "y"}), {{"x", {"ok", "", {}}}, {"y", {"FAIL", "", {}}}}),
            ThreatAnswer::failed);
  EXPECT_EQ(answer(one_row({}, "no hook"), {}), ThreatAnswer::open);
  EXPECT_EQ(answer(one_row({"x"}, "no hook"), {{"x", {"ok", "", {}}}}), ThreatAnswer::partly);
}

TEST(Threats, WhyOneWasNotTriedIsSaid) {
  const Threats threats = one_row({"x", "risky"});
  const auto rows = judge(threats, {{"x", {"ok", "", {7, 8}}}});
  EXPECT_EQ(rows.at(0).tried, 1u);
  EXPECT_EQ(rows.at(0).records, (std::vector<std::uint64_t>{7, 8}));
  ASSERT_EQ(rows.at(0).remarks.size(), 1u);
  EXPECT_EQ(rows.at(0).remarks[0].second, "why");
}

// The table that is shipped: every row has a scenario or says why it is open, and
// every scenario that is named exists.
TEST(Threats, TheTableIsWhole) {
  std::set<std::string> scenarios;
  for (const auto& entry : fs::directory_iterator(kTests / "scenarios")) {
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);)
      if (line.starts_with("NAME ")) scenarios.insert(line.substr(5));
  }
  const auto threats = read_threats(kTests / "threats.json");
  ASSERT_TRUE(threats) << threats.error().what;
  std::set<std::string> ids;
  for (const Threat& row : threats->rows) {
    EXPECT_TRUE(ids.insert(row.id).second) << row.id;
    EXPECT_FALSE(row.attack.empty()) << row.id;
    EXPECT_TRUE(!row.scenarios.empty() || !row.open.empty()) << row.id;
    for (const std::string& name : row.scenarios) EXPECT_TRUE(scenarios.contains(name)) << name;
  }
  for (const auto& [name, why] : threats->not_live) EXPECT_TRUE(scenarios.contains(name)) << name;
}

TEST(Threats, DamagedTablesAreRefused) {
  EXPECT_FALSE(read_threats("/dev/null"));
  EXPECT_FALSE(read_threats(kTests / "kernels"));
  EXPECT_FALSE(read_trials(kTests / "threats.json"));
}

}  // namespace
}  // namespace glacis::cli
