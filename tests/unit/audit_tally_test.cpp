// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manager/audit/tally.h"

namespace glacis::audit {
namespace {

using namespace std::chrono_literals;
using Ints = Tally<int>;

// The time of a machine that runs for long.
constexpr Ints::Time t0 = 1h;

TEST(AuditTally, TheFirstAtOnceAndTheRestAsANumber) {
  Ints tally;
  for (int i = 1; i <= 1000; ++i) tally.add("a", i, i, t0 + std::chrono::milliseconds(i));
  auto told = tally.take(t0 + 1s);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].what, 1);
  EXPECT_EQ(told[0].further, 0u);
  EXPECT_TRUE(tally.take(t0 + 9s).empty());
  EXPECT_LE(*tally.next(), t0 + 10s + 1ms);
  told = tally.take(t0 + 11s);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].what, 2);
  EXPECT_EQ(told[0].further, 998u) << "with the first line that makes 1000";
  EXPECT_EQ(told[0].last, 1000);
  EXPECT_FALSE(tally.next());
  tally.add("a", 1001, 1001, t0 + 12s);
  EXPECT_TRUE(tally.take(t0 + 30s).empty()) << "the next number comes after a minute";
  EXPECT_EQ(tally.take(t0 + 80s).size(), 1u);
}

TEST(AuditTally, AtTheEndNothingWaits) {
  Ints tally;
  tally.add("a", 1, 1, t0);
  tally.add("a", 2, 2, t0);
  EXPECT_EQ(tally.take(t0).size(), 1u);
  const auto told = tally.take(t0, true);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].what, 2);
  EXPECT_EQ(told[0].further, 0u);
}

TEST(AuditTally, WhatWasQuietLongIsNewAgain) {
  Ints tally;
  tally.add("a", 1, 1, t0);
  EXPECT_EQ(tally.take(t0).size(), 1u);
  EXPECT_TRUE(tally.take(t0 + 601s).empty());
  tally.add("a", 2, 2, t0 + 601s);
  EXPECT_EQ(tally.take(t0 + 601s).size(), 1u);
}

// Nobody makes more lines than are earned, and what is not told is counted.
TEST(AuditTally, BoundedInWhatItTells) {
  Ints tally;
  std::uint64_t told = 0;
  constexpr int made = 100'000;
  for (int i = 0; i < made; ++i) {
    const auto now = t0 + std::chrono::milliseconds(i / 10);  // 10 s
    tally.add(std::to_string(i), i, i, now);
    told += tally.take(now).size();
  }
  EXPECT_LE(told, Ints::burst + 10 * Ints::per_second + 1);
  EXPECT_GE(told, Ints::burst);
  EXPECT_EQ(told + tally.take_dropped(), std::uint64_t{made});
  EXPECT_EQ(tally.take_dropped(), 0u);
}

TEST(AuditTally, BoundedInMemory) {
  Ints tally;
  std::uint64_t told = 0, sum = 0;
  const auto count = [&](const std::vector<Ints::Told>& list) {
    for (const auto& one : list) sum += 1 + one.further;
    told += list.size();
  };
  // As many kinds as there is room for, each with one that waits.
  Ints::Time now = t0;
  for (std::size_t i = 0; i < Ints::most_kinds; ++i, now += 50ms) {
    tally.add(std::to_string(i), 1, 1, now);
    tally.add(std::to_string(i), 2, 2, now);
  }
  tally.add("one more", 1, 1, now);
  EXPECT_EQ(tally.take_dropped(), 1u) << "no kind gives way that has something to tell";
  count(tally.take(now, true));
  EXPECT_EQ(sum, 2 * Ints::most_kinds);
  tally.add("one more", 1, 1, now + 10s);
  EXPECT_EQ(tally.take_dropped(), 0u);
  EXPECT_EQ(tally.take(now + 10s).size(), 1u);
}

}  // namespace
}  // namespace glacis::audit
