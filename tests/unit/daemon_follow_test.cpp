// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "manager/daemon/follow.h"
#include "manager/daemon/watch.h"

namespace glacis::daemon {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class DaemonFollow : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "glacis-follow-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder); }
  void append(const std::string& text) { std::ofstream(folder / "log", std::ios::app) << text; }
  std::vector<std::string> lines(Follow& follow) {
    std::vector<std::string> out;
    follow.next([&](const std::string& line) { out.push_back(line); });
    return out;
  }
  fs::path folder;
};

using Lines = std::vector<std::string>;

TEST_F(DaemonFollow, NewLinesOnceTheyHaveEnded) {
  append("old\n");
  Follow follow(folder / "log");
  follow.skip();
  EXPECT_EQ(lines(follow), Lines());
  append("one\ntw");
  EXPECT_EQ(lines(follow), Lines{"one"});
  append("o\n");
  EXPECT_EQ(lines(follow), Lines{"two"});
}

TEST_F(DaemonFollow, GoesOnInTheFileThatTakesTheLogsPlace) {
  append("old\n");
  Follow follow(folder / "log");
  follow.skip();
  append("last\n");
  fs::rename(folder / "log", folder / "log.1");
  append("first\n");
  EXPECT_EQ(lines(follow), (Lines{"last", "first"}));
}

TEST_F(DaemonFollow, LogThatComesLater) {
  Follow follow(folder / "log");
  follow.skip();
  EXPECT_EQ(lines(follow), Lines());
  append("one\n");
  EXPECT_EQ(lines(follow), Lines{"one"});
}

TEST_F(DaemonFollow, WatchWaitsUntilItIsQuiet) {
  fs::create_directory(folder / "profiles");
  Watch watch({folder});
  ASSERT_TRUE(watch.open());
  watch.read(1000ms);
  EXPECT_FALSE(watch.next());
  std::ofstream(folder / "profiles/a.toml") << "text";
  watch.read(1000ms);
  EXPECT_FALSE(watch.due(1100ms));
  std::ofstream(folder / "profiles/a.toml", std::ios::app) << "more";
  watch.read(1400ms);
  EXPECT_FALSE(watch.due(1600ms));
  EXPECT_EQ(watch.next(), 1900ms);
  EXPECT_TRUE(watch.due(1900ms));
  EXPECT_FALSE(watch.due(5000ms));
}

TEST_F(DaemonFollow, WatchDoesNotWaitForEver) {
  fs::create_directory(folder / "profiles");
  Watch watch({folder});
  ASSERT_TRUE(watch.open());
  bool due = false;
  auto now = 1000ms;
  for (; !due && now < 60s; now += 100ms) {
    std::ofstream(folder / "profiles/a.toml") << "text";
    watch.read(now);
    due = watch.due(now);
  }
  EXPECT_TRUE(due);
  EXPECT_LT(now, 12s);
}

}  // namespace
}  // namespace glacis::daemon
