// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "manager/evidence/list.h"
#include "manager/evidence/recorder.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

// A ring in this process: positions are indices.
class FakeSource : public Source {
 public:
  kernel::Taken take(const kernel::TakeRecord& each) override {
    ++takes;
    for (std::size_t i = consumed; i < events.size(); ++i) each(bytes_of(*events[i]));
    const kernel::Taken out{events.size(), writing, false};
    if (late) events.push_back(std::move(late));
    return out;
  }
  void commit(std::uint64_t end) override { consumed = end; }
  Result<std::uint64_t> last_sequence() override { return last; }

  void add(std::uint64_t seq) {
    events.push_back(file_event(seq));
    last = std::max(last, seq);
  }

  std::vector<std::unique_ptr<gl_event>> events;
  std::unique_ptr<gl_event> late;  // arrives after the next look
  std::size_t consumed = 0;
  std::uint64_t last = 0;
  bool writing = false;
  int takes = 0;
};

class Recorder : public testing::Test {
 protected:
  Result<Drained> run() {
    auto store = Store::open(log());
    if (!store) return std::unexpected(store.error());
    return drain(source_, *store, context_, maps_);
  }
  [[nodiscard]] std::filesystem::path log() const { return folder_ / "log"; }
  // "1 2 [3-4] 5": numbers and gaps; "(1-4)" for what another log has, "?" not understood.
  [[nodiscard]] std::string story() const {
    std::string out;
    std::istringstream lines(contents(log()));
    for (std::string line; std::getline(lines, line);) {
      const auto json = nlohmann::json::parse(line);
      out += out.empty() ? "" : " ";
      if (json["schema"] == gap_schema) {
        const bool lost = json["lost"] != 0;
        out +=
            (lost ? "[" : "(") + json["from"].dump() + "-" + json["to"].dump() + (lost ? "]" : ")");
      } else {
        out += json["seq"].dump() + (json["schema"] == event_schema ? "" : "?");
      }
    }
    return out;
  }

  Folder folder_;
  FakeSource source_;
  Context context_ = context();
  SourceMaps maps_{"/nonexistent"};
};

TEST_F(Recorder, RecordsInOrderAndCommits) {
  for (std::uint64_t seq : {1, 3, 2}) source_.add(seq);
  const auto out = run();
  ASSERT_TRUE(out) << out.error().what;
  EXPECT_EQ(out->events, 3u);
  EXPECT_EQ(story(), "1 2 3");
  EXPECT_EQ(source_.consumed, 3u);
  EXPECT_EQ(run()->events, 0u);
  EXPECT_EQ(story(), "1 2 3");
}

TEST_F(Recorder, LocatesLosses) {
  for (std::uint64_t seq : {1, 2, 6}) source_.add(seq);
  EXPECT_EQ(run()->lost, 3u);
  EXPECT_EQ(source_.takes, 4) << "what is only late was waited for";
  source_.add(9);
  EXPECT_EQ(run()->lost, 2u);
  EXPECT_EQ(story(), "1 2 [3-5] 6 [7-8] 9");
}

TEST_F(Recorder, LossesAtTheEndAreToldOnce) {
  source_.add(1);
  source_.last = 4;
  EXPECT_EQ(run()->lost, 3u);
  EXPECT_EQ(run()->lost, 0u);
  source_.add(5);
  EXPECT_TRUE(run());
  EXPECT_EQ(story(), "1 [2-4] 5");
}

TEST_F(Recorder, AnEventOnItsWayIsNoLoss) {
  source_.add(1);
  source_.add(3);
  source_.late = file_event(2);
  EXPECT_EQ(run()->lost, 0u);
  EXPECT_EQ(story(), "1 2 3");
  source_.last = 4;  // announced, and being written
  source_.writing = true;
  EXPECT_EQ(run()->lost, 0u);
  EXPECT_EQ(story(), "1 2 3");
}

TEST_F(Recorder, ALateEventIsStillRecorded) {
  source_.add(1);
  source_.add(3);
  EXPECT_EQ(run()->lost, 1u);
  source_.add(2);
  EXPECT_EQ(run()->events, 1u);
  source_.add(4);
  EXPECT_EQ(run()->lost, 0u);
  EXPECT_EQ(story(), "1 [2-2] 3 2 4");
}

TEST_F(Recorder, ACommandThatStoppedBeforeCommittingLeavesNoDouble) {
  for (std::uint64_t seq : {1, 2}) source_.add(seq);
  ASSERT_TRUE(run());
  source_.consumed = 0;
  source_.add(3);
  const auto out = run();
  EXPECT_EQ(out->known, 2u);
  EXPECT_EQ(out->events, 1u);
  EXPECT_EQ(story(), "1 2 3");
}

TEST_F(Recorder, ATornRecordIsRecordedAgain) {
  for (std::uint64_t seq : {1, 2}) source_.add(seq);
  ASSERT_TRUE(run());
  const std::string whole = contents(log());
  write(log(), whole.substr(0, whole.size() - 40));
  source_.consumed = 0;
  ASSERT_TRUE(run());
  const auto listing = read_log(log(), {}, nullptr);
  ASSERT_EQ(listing->entries.size(), 2u);
  EXPECT_EQ(listing->entries[1].record["seq"], 2);
  ASSERT_EQ(listing->problems.size(), 1u);
  EXPECT_EQ(listing->problems[0].line, 2u);
  EXPECT_EQ(listing->problems[0].what, "was cut off when the machine stopped");
}

TEST_F(Recorder, ANewLogSaysWhatAnotherOneHas) {
  source_.add(5);
  EXPECT_EQ(run()->lost, 0u);
  source_.add(6);
  ASSERT_TRUE(run());
  EXPECT_EQ(story(), "(1-4) 5 6");
  std::filesystem::rename(log(), folder_ / "log.1");
  ASSERT_TRUE(run());
  EXPECT_EQ(story(), "(1-6)");
}

TEST_F(Recorder, EveryRingAndBootCountsForItself) {
  source_.add(1);
  source_.add(2);
  ASSERT_TRUE(run());
  context_.origin.ring = 8;
  source_ = FakeSource();
  source_.add(1);
  EXPECT_EQ(run()->events, 1u);
  context_.origin.boot = "other";
  source_ = FakeSource();
  source_.add(1);
  EXPECT_EQ(run()->events, 1u);
  EXPECT_EQ(story(), "1 2 1 1");
}

TEST_F(Recorder, WhatIsNotUnderstoodIsNoted) {
  source_.add(1);
  source_.add(2);
  source_.events.back()->size = 9;
  source_.add(3);
  const auto out = run();
  EXPECT_EQ(out->undecoded, 1u);
  EXPECT_EQ(out->lost, 0u);
  EXPECT_EQ(story(), "1 2? 3");
}

TEST_F(Recorder, WithoutALogEverythingStaysInTheRing) {
  source_.add(1);
  write(folder_ / "file", "");
  const auto store = Store::open(folder_ / "file/log");
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().unchanged.find("stay in the kernel's ring"), std::string::npos);
  EXPECT_EQ(source_.consumed, 0u);
}

// A ring between processes: the lock keeps readers apart, the position is shared.
class SharedSource : public FakeSource {
 public:
  explicit SharedSource(const std::filesystem::path& position) : position_(position) {}
  kernel::Taken take(const kernel::TakeRecord& each) override {
    const std::string text = contents(position_);
    consumed = text.empty() ? 0 : std::stoul(text);
    return FakeSource::take(each);
  }
  void commit(std::uint64_t end) override {
    FakeSource::commit(end);
    write(position_, std::to_string(end));
  }

 private:
  std::filesystem::path position_;
};

TEST_F(Recorder, TwoCommandsAtOnceNeitherLoseNorDouble) {
  constexpr int kCommands = 4, kRounds = 20;
  std::vector<pid_t> children;
  for (int n = 0; n < kCommands; ++n) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    SharedSource source(folder_ / "position");
    for (int i = 0; i < kRounds; ++i) {
      source.add(static_cast<std::uint64_t>(source.events.size()) + 1);
      source.last = 0;  // others may be ahead
      auto store = Store::open(log());
      if (!store || !drain(source, *store, context_, maps_)) ::_exit(1);
    }
    ::_exit(0);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  std::string expected;
  for (int i = 1; i <= kRounds; ++i) expected += (i == 1 ? "" : " ") + std::to_string(i);
  EXPECT_EQ(story(), expected);
}

}  // namespace
}  // namespace glacis::evidence
