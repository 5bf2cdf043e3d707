// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "manager/cli/top_table.h"

namespace glacis::cli {
namespace {

TopRow row(const std::string& name, std::uint64_t denied, std::uint64_t would_deny = 0) {
  return {name, "enforce", denied, would_deny, 0};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

TEST(Top, RatesAreOfTheTimeBetweenTwoLooks) {
  const TopSample before{10, {row("a", 100, 4), row("b", 7)}, 0, true};
  const TopSample now{14, {row("a", 120, 5), row("b", 7)}, 3, true};
  const auto lines = top_lines(&before, now);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].row.name, "a");
  EXPECT_DOUBLE_EQ(*lines[0].rates.denied, 5);
  EXPECT_DOUBLE_EQ(*lines[0].rates.would_deny, 0.25);
  EXPECT_DOUBLE_EQ(*lines[1].rates.denied, 0);
  EXPECT_NE(top_text(&before, now, 100, 20).find("records lost 3"), std::string::npos);
}

TEST(Top, WhatBeganAnewHasNoRate) {
  const TopSample before{10, {row("loaded-again", 100)}, 0, true};
  const TopSample now{12, {row("loaded-again", 2), row("new", 9)}, 0, true};
  for (const TopLine& line : top_lines(&before, now)) EXPECT_FALSE(line.rates.denied);
  for (const TopLine& line : top_lines(nullptr, now)) EXPECT_FALSE(line.rates.denied);
  const TopSample same_moment{10, {row("loaded-again", 101)}, 0, true};
  EXPECT_FALSE(top_lines(&before, same_moment)[0].rates.denied);
}

TEST(Top, MostRefusedFirst) {
  const TopSample before{0, {row("b", 0), row("c", 5), row("d", 50), row("a", 5)}, 0, true};
  const TopSample now{1, {row("b", 1), row("c", 5), row("d", 50), row("a", 5)}, 0, true};
  std::string order;
  for (const TopLine& line : top_lines(&before, now)) order += line.row.name;
  EXPECT_EQ(order, "bdac");
}

TEST(Top, FitsTheScreen) {
  TopSample now{1, {}, 0, false};
  for (int i = 0; i < 100; ++i)
    now.rows.push_back(row("domain-" + std::to_string(i) + std::string(60, 'x'), 1));
  const auto lines = lines_of(top_text(nullptr, now, 40, 10));
  ASSERT_EQ(lines.size(), 10U);
  EXPECT_TRUE(std::ranges::all_of(lines, [](const auto& line) { return line.size() <= 40; }));
  EXPECT_TRUE(lines[0].starts_with("NOT IN FORCE"));
  EXPECT_EQ(lines.back(), "and 93 more");
  EXPECT_EQ(lines_of(top_text(nullptr, now, 40, 0)).size(), 4U);  // never nothing
}

}  // namespace
}  // namespace glacis::cli
