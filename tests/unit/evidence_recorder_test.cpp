// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <vector>

#include "manager/evidence/counts.h"
#include "manager/evidence/list.h"
#include "manager/evidence/overflow.h"
#include "manager/evidence/recorder.h"
#include "manager/evidence/verify.h"
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
  Result<std::vector<kernel::Refusal>> refusals() override { return kept; }
  void forget(const kernel::Refusal& one) override { forgotten.push_back(one.value.seq); }

  void add(std::uint64_t seq) {
    events.push_back(file_event(seq));
    last = std::max(last, seq);
  }

  std::vector<kernel::Refusal> kept;
  std::vector<std::uint64_t> forgotten;
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
      const auto schema = json["schema"].get<std::string>();
      if (schema != gap_schema && schema != event_schema && schema != undecoded_schema) continue;
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

kernel::Refusal refusal(std::uint64_t seq, std::uint64_t count) {
  kernel::Refusal out;
  out.key = {.domain = 65537,
             .generation = 5,
             .hook = GL_HOOK_FILE_OPEN,
             .class_ = GL_CLASS_FILE,
             .mode = GL_MODE_ENFORCE,
             .blocker = GL_FILE_READ,
             .rule = 0,
             .reason = GL_REASON_DEFAULT,
             .subject = 12};
  out.value.seq = seq;
  out.value.count = count;
  out.value.objects = 1;
  out.value.kept = 1;
  out.value.told.decision = GL_DENY;
  out.value.told.access = GL_FILE_READ;
  std::string_view("shad\now").copy(out.value.told.name, sizeof out.value.told.name);
  return out;
}

TEST_F(Recorder, TheFirstOfAKeyIsToldFromItsSlotWhereTheRingHadNoRoom) {
  for (std::uint64_t seq : {1, 6}) source_.add(seq);
  source_.kept = {refusal(1, 1), refusal(3, 1), refusal(4, 1), refusal(9, 1)};
  source_.kept[2].value.kept = 0;  // is being written
  EXPECT_EQ(run()->lost, 3u);
  EXPECT_EQ(story(), "1 [2-2] 3 [4-5] 6");
  const auto listing = read_log(log(), {}, nullptr);
  ASSERT_TRUE(listing);
  const auto& first = listing->entries.at(2).record;
  EXPECT_EQ(first["seq"], 3);
  EXPECT_EQ(first["whole"], false);
  EXPECT_EQ(first["object"]["path"], "shad\\now");
  EXPECT_EQ(first["object"]["path_cut"], true);
  EXPECT_EQ(run()->lost, 0u) << "told once";
  EXPECT_EQ(story(), "1 [2-2] 3 [4-5] 6");
}

TEST_F(Recorder, CountsAreToldWithAHeartbeatAndOnlyWhenTheyChanged) {
  context_.in_force = {{"web", 65537, 5, GL_MODE_ENFORCE, {}}};
  Told told;
  const auto drained = [&] {
    auto store = Store::open(log());
    return store && drain(source_, *store, context_, maps_, {.told = &told});
  };
  const auto counts = [&] {
    std::string out;
    std::istringstream lines(contents(log()));
    for (std::string line; std::getline(lines, line);)
      if (const auto json = nlohmann::json::parse(line); json["schema"] == count_schema)
        out += json["seq"].dump() + "x" + json["count"].dump() + " ";
    return out;
  };
  source_.add(1);
  source_.kept = {refusal(1, 40), refusal(2, 1), refusal(3, 7)};
  source_.kept[2].key.generation = 4;  // of an image before
  ASSERT_TRUE(drained());
  EXPECT_EQ(counts(), "1x40 3x7 ");
  EXPECT_EQ(source_.forgotten, std::vector<std::uint64_t>{3});
  source_.kept.pop_back();
  source_.kept[0].value.count = 41;
  ASSERT_TRUE(drained());
  EXPECT_EQ(counts(), "1x40 3x7 ") << "not before the next heartbeat";
  context_.now += 61'000'000'000;
  ASSERT_TRUE(drained());
  context_.now += 61'000'000'000;
  ASSERT_TRUE(drained());
  EXPECT_EQ(counts(), "1x40 3x7 1x41 ");
  const auto listing = read_log(log(), {}, nullptr);
  ASSERT_TRUE(listing);
  ASSERT_EQ(listing->entries.size(), 1u);
  EXPECT_EQ(listing->entries[0].record["key"]["count"], 41) << "the newest holds";
  EXPECT_TRUE(listing->problems.empty());
}

TEST(Counts, WhatFoundNoSlotIsToldAsTheRest) {
  kernel::Refusal one = refusal(7, 90);
  one.key.hook = 0;
  EXPECT_FALSE(first_of(one)) << "of which kind it was, nobody knows";
  const auto line = nlohmann::json::parse(count_line(one, context()));
  EXPECT_EQ(line["rest"], true);
  EXPECT_EQ(line["count"], 90);
  EXPECT_FALSE(nlohmann::json::parse(count_line(refusal(7, 90), context())).contains("rest"));
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
  const auto second = whole.rfind("{", whole.find("\"seq\":2"));
  write(log(), whole.substr(0, whole.rfind('\n', second) + 100));
  std::filesystem::remove(checkpoint_path(log()));  // the stop came before it was written
  source_.consumed = 0;
  ASSERT_TRUE(run());
  const auto listing = read_log(log(), {}, nullptr);
  ASSERT_EQ(listing->entries.size(), 2u);
  EXPECT_EQ(listing->entries[1].record["seq"], 2);
  ASSERT_EQ(listing->problems.size(), 1u);
  EXPECT_EQ(listing->problems[0].line, 3u);
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

std::vector<std::string> schemas(const std::filesystem::path& log) {
  std::vector<std::string> out;
  for (const std::string& line : lines_of(log))
    out.push_back(nlohmann::json::parse(line)["schema"].get<std::string>().substr(7));
  return out;
}

TEST_F(Recorder, TellsWhatIsInForce) {
  context_.in_force = {{"redis", 0x10001, 3, GL_MODE_ENFORCE, {}}};
  source_.add(1);
  ASSERT_TRUE(run());
  const std::vector<std::string> expected = {"header/1", "event/1", "heartbeat/1"};
  EXPECT_EQ(schemas(log()), expected);
  const auto beat = nlohmann::json::parse(lines_of(log()).back());
  EXPECT_EQ(beat["images"][0]["domain"], "redis");
  EXPECT_EQ(beat["images"][0]["mode"], "enforce");
  EXPECT_EQ(beat["last"], 1);
  ASSERT_TRUE(run());
  EXPECT_EQ(schemas(log()), expected) << "nothing changed";
  context_.in_force[0].mode = GL_MODE_AUDIT;
  ASSERT_TRUE(run());
  EXPECT_EQ(schemas(log()).size(), 4u) << "what is in force changed";
  context_.now += 61'000'000'000;
  ASSERT_TRUE(run());
  EXPECT_EQ(schemas(log()).size(), 5u) << "a minute went by";
}

TEST_F(Recorder, TellsOfRestartsAndClockSteps) {
  source_.add(1);
  ASSERT_TRUE(run());
  context_.clock_offset += 3'600'000'000'000;
  context_.now += 3'600'000'000'000;
  ASSERT_TRUE(run());
  const auto clock = nlohmann::json::parse(lines_of(log())[3]);
  EXPECT_EQ(clock["schema"], clock_schema);
  EXPECT_EQ(clock["step"], 3'600'000'000);
  context_.origin.boot = "next";
  source_ = FakeSource();
  source_.add(1);
  ASSERT_TRUE(run());
  const auto restart = nlohmann::json::parse(lines_of(log())[5]);
  EXPECT_EQ(restart["schema"], restart_schema);
  EXPECT_EQ(restart["reason"], "boot");
  EXPECT_EQ(restart["previous"]["boot"], context().origin.boot);
}

// A limit on the size of files stands for a full file system, as in the test of
// the store.
TEST_F(Recorder, AFullDiskLosesNothing) {
  source_.add(1);
  ASSERT_TRUE(run());
  const std::string before = contents(log());
  for (std::uint64_t seq = 2; seq < 40; ++seq) source_.add(seq);
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{before.size() + 3000, before.size() + 3000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto drained = run();
    const bool told =
        !drained && drained.error().unchanged.find("kernel's ring") != std::string::npos;
    ::_exit(told && source_.consumed == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(contents(log()), before);
  EXPECT_EQ(run()->events, 38u);
  EXPECT_EQ(run()->lost, 0u);
}

TEST_F(Recorder, WhatTheLogHasNoRoomForWaitsElsewhere) {
  const Overflow overflow(folder_ / "waiting");
  const auto run_over = [&] {
    auto store = Store::open(log());
    EXPECT_TRUE(store);
    return drain(source_, *store, context_, maps_, {.overflow = &overflow});
  };
  source_.add(1);
  ASSERT_TRUE(run_over());
  const std::string before = contents(log());
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{before.size() + 100, before.size() + 100};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    bool good = true;
    for (std::uint64_t seq : {2, 5}) {
      source_.add(seq);
      const auto out = run_over();
      good &= out && out->trouble && source_.consumed == source_.events.size();
    }
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(contents(log()), before);
  const std::string waiting = contents(folder_ / "waiting");
  EXPECT_FALSE(waiting.empty());
  source_.add(6);
  EXPECT_EQ(run_over()->lost, 0u);
  EXPECT_EQ(story(), "1 2 [3-4] 5 6");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "waiting"));
  write(folder_ / "waiting", waiting);  // as if the last to move it had been stopped
  source_.add(7);
  ASSERT_TRUE(run_over());
  EXPECT_EQ(story(), "1 2 [3-4] 5 6 [3-4] 7") << "no event twice";
  EXPECT_TRUE(verify_log(log(), {})->intact());
}

TEST_F(Recorder, AFullOverflowLeavesTheRestInTheRing) {
  const Overflow overflow(folder_ / "waiting", 10);
  EXPECT_FALSE(overflow.add(std::vector<std::string>{"0123456789"}));
  EXPECT_TRUE(overflow.lines()->empty());
  std::filesystem::permissions(folder_ / "waiting", std::filesystem::perms(0666));
  EXPECT_FALSE(overflow.lines()) << "others could have written it";
}

TEST_F(Recorder, NothingIsLostOrDoubledAcrossRotation) {
  source_.add(1);
  source_.add(2);
  ASSERT_TRUE(run());
  {
    auto store = Store::open(log());
    ASSERT_TRUE(store->rotate());
  }
  source_.add(3);
  EXPECT_EQ(run()->lost, 0u);
  EXPECT_EQ(story(), "3") << "no gap: the header tells where the segment before ended";
  source_.add(6);
  EXPECT_EQ(run()->lost, 2u);
  const auto listing = read_log(log(), {}, nullptr);
  ASSERT_TRUE(listing) << listing.error().what;
  EXPECT_EQ(listing->entries.size(), 5u);
  EXPECT_TRUE(find_record(log(), 1, nullptr));
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
