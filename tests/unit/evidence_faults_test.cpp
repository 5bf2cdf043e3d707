// SPDX-License-Identifier: Apache-2.0
// Disks that are full or fail, keys that are not the log's, clocks that go back: what is
// recorded stays proven, and nothing is lost without a word.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>

#include "manager/evidence/counts.h"
#include "manager/evidence/overflow.h"
#include "manager/evidence/recorder.h"
#include "manager/evidence/segments.h"
#include "manager/evidence/states.h"
#include "manager/evidence/verify.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

class Faults : public testing::Test {
 protected:
  [[nodiscard]] std::string event(std::uint64_t seq) {
    return event_line(*decode(bytes_of(*file_event(seq))), context_, maps_);
  }
  [[nodiscard]] std::vector<std::string> events(std::uint64_t from, std::uint64_t to) {
    std::vector<std::string> out;
    for (std::uint64_t seq = from; seq <= to; ++seq) out.push_back(event(seq));
    return out;
  }
  void record(const std::vector<std::string>& lines) {
    auto store = Store::open(log());
    ASSERT_TRUE(store) << store.error().what;
    ASSERT_TRUE(store->append(lines));
    ASSERT_TRUE(store->sync());
  }
  void rotate() {
    auto store = Store::open(log());
    ASSERT_TRUE(store);
    const auto status = store->rotate();
    ASSERT_TRUE(status) << status.error().what;
  }
  [[nodiscard]] Verified verified(const Expected& expected = {}) const {
    auto out = verify_log(log(), expected);
    EXPECT_TRUE(out);
    return std::move(*out);
  }
  [[nodiscard]] std::string found(const Expected& expected = {}) const {
    std::string text;
    for (const Finding& one : verified(expected).findings)
      text += one.file + ":" + std::to_string(one.line) + ": " + one.what + "\n";
    return text;
  }
  // The numbers of all refusals, over all segments.
  [[nodiscard]] std::string story() const {
    std::string out;
    const auto segments = segments_of(log());
    EXPECT_TRUE(segments);
    for (const Segment& segment : *segments)
      EXPECT_TRUE(read_segment(segment, [&](const Line& line) {
        const auto json = nlohmann::json::parse(line.text, nullptr, false);
        if (json["schema"] == event_schema) out += json["seq"].dump() + " ";
        return true;
      }));
    return out;
  }
  [[nodiscard]] std::filesystem::path log() const { return folder_ / "log"; }

  Folder folder_;
  Context context_ = context();
  SourceMaps maps_{"/nonexistent"};
};

// In a process of its own, which a limit or a filter may spoil: its exit status.
int in_child(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

// No file may be larger from now on, as on a full disk.
void fill_disk(std::uint64_t at) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{at, at};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

// This call on this file fails from now on, as on a disk that is broken.
bool break_disk(unsigned call, int fd) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<__u32>(fd), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(code), code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int descriptor_of(const std::filesystem::path& path) {
  std::error_code none;
  for (int fd = 3; fd < 64; ++fd)
    if (std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), none) == path)
      return fd;
  return -1;
}

// Wherever in a rotation the disk is full: the log goes on, and is whole.
TEST_F(Faults, ADiskThatIsFullDuringRotation) {
  int failed = 0, done = 0;
  for (std::uint64_t at = 0; at < 6000; at += 250) {
    for (const auto& one : std::filesystem::directory_iterator(log().parent_path()))
      std::filesystem::remove_all(one.path());
    record(events(1, 2));
    const int code = in_child([&] {
      auto store = Store::open(log());
      if (!store) return 9;
      fill_disk(at);
      return store->rotate() ? 0 : 1;
    });
    ASSERT_TRUE(code == 0 || code == 1) << at;
    ++(code == 0 ? done : failed);
    EXPECT_TRUE(verified().intact()) << at << ": " << found();
    record(events(3, 3));
    EXPECT_EQ(story(), "1 2 3 ") << at;
    rotate();
    record(events(4, 4));
    const Verified all = verified();
    EXPECT_TRUE(all.intact()) << at << ": " << found();
    EXPECT_EQ(all.runs.size(), 1u) << at;
    EXPECT_EQ(all.runs[0].checkpoint->position.count, all.records) << "and signed, " << at;
    EXPECT_EQ(story(), "1 2 3 4 ") << at;
  }
  EXPECT_GT(failed, 0);
  EXPECT_GT(done, 0);
}

// The segment is ended, and no other can begin.
TEST_F(Faults, ASegmentThatCanNotBegin) {
  record(events(1, 2));
  std::filesystem::create_directories(folder_ / "log.new/occupied");
  {
    auto store = Store::open(log());
    ASSERT_TRUE(store);
    const auto status = store->rotate();
    ASSERT_FALSE(status);
    EXPECT_TRUE(status.error().what.contains("cannot begin the evidence log"))
        << status.error().what;
    EXPECT_TRUE(store->append(events(3, 3))) << "the old one goes on";
    EXPECT_TRUE(store->sync());
  }
  EXPECT_TRUE(verified().intact()) << found();
  std::filesystem::remove_all(folder_ / "log.new");
  rotate();
  record(events(4, 4));
  EXPECT_TRUE(verified().intact()) << found();
  EXPECT_EQ(story(), "1 2 3 4 ");
}

TEST_F(Faults, ADiskThatIsFullAtTheCheckpointBesideTheLog) {
  record(events(1, 2));
  const std::string before = contents(checkpoint_path(log()));
  const int code = in_child([&] {
    auto store = Store::open(log());
    if (!store || !store->append(events(3, 3))) return 9;
    fill_disk(0);
    return store->sync() && store->trouble() ? 0 : 1;
  });
  EXPECT_EQ(code, 0) << "the records are safe, and that they are not signed is told";
  EXPECT_EQ(contents(checkpoint_path(log())), before) << "the old one is not spoilt";
  const Verified out = verified();
  EXPECT_TRUE(out.intact()) << found();
  EXPECT_EQ(out.records, 4u);
  EXPECT_EQ(out.runs[0].checkpoint->position.count, 3u);
  record(events(4, 4));
  EXPECT_EQ(verified().runs[0].checkpoint->position.count, 5u) << "signed by the next";
}

// Each 256th record is followed by a checkpoint in the log itself.
TEST_F(Faults, ADiskThatIsFullWithinACheckpointOfTheLog) {
  record(events(1, 254));
  const std::uint64_t before = std::filesystem::file_size(log());
  const std::string line = event(255);
  const int code = in_child([&] {
    auto store = Store::open(log());
    if (!store) return 9;
    fill_disk(before + line.size() + 250);  // room for the record with its chain, and no more
    const std::vector<std::string> one = {line};
    return store->append(one) ? 1 : 0;
  });
  EXPECT_EQ(code, 0) << "a record is not written without the checkpoint that belongs to it";
  EXPECT_EQ(std::filesystem::file_size(log()), before);
  record({line});
  EXPECT_TRUE(verified().intact()) << found();
  EXPECT_EQ(nlohmann::json::parse(lines_of(log()).back())["schema"], checkpoint_schema);
}

class OneSource : public Source {
 public:
  kernel::Taken take(const kernel::TakeRecord& each) override {
    if (!consumed) each(bytes_of(*one));
    return {1, false, false};
  }
  void commit(std::uint64_t) override { consumed = true; }
  Result<std::uint64_t> last_sequence() override { return one->seq; }
  Result<std::vector<kernel::Refusal>> refusals() override {
    return std::vector<kernel::Refusal>();
  }
  void forget(const kernel::Refusal&) override {}

  std::unique_ptr<gl_event> one;
  bool consumed = false;
};

constexpr unsigned kBrokenCalls[] = {SYS_write, SYS_fdatasync};

// What on_evidence_failure goes by is any failure, not a full disk alone.
TEST_F(Faults, WhatABrokenDiskDoesNotTakeStaysInTheRing) {
  record(events(1, 1));
  std::uint64_t seq = 1;
  for (const unsigned call : kBrokenCalls) {
    OneSource source;
    source.one = file_event(++seq);
    const int code = in_child([&] {
      auto store = Store::open(log());
      if (!store || !break_disk(call, descriptor_of(log()))) return 9;
      const auto out = drain(source, *store, context_, maps_);
      if (out || source.consumed) return 1;
      return out.error().what.contains("Input/output error") ? 0 : 2;
    });
    EXPECT_EQ(code, 0) << call;
    auto store = Store::open(log());
    ASSERT_TRUE(drain(source, *store, context_, maps_));
  }
  EXPECT_EQ(story(), "1 2 3 ") << "neither lost nor twice";
  EXPECT_TRUE(verified().intact()) << found();
}

TEST_F(Faults, WhatABrokenDiskDoesNotTakeWaitsElsewhereAndIsToldAsUnwritten) {
  record(events(1, 1));
  const Overflow overflow(folder_ / "waiting");
  std::uint64_t seq = 1;
  for (const unsigned call : kBrokenCalls) {
    OneSource source;
    source.one = file_event(++seq);
    const int code = in_child([&] {
      auto store = Store::open(log());
      if (!store || !break_disk(call, descriptor_of(log()))) return 9;
      const auto out = drain(source, *store, context_, maps_, {.overflow = &overflow});
      return out && out->unwritten && out->trouble && source.consumed ? 0 : 1;
    });
    EXPECT_EQ(code, 0) << call;
    EXPECT_TRUE(contents(folder_ / "waiting").contains("\"seq\":" + std::to_string(seq)));
    source.consumed = true;
    auto store = Store::open(log());
    const auto out = drain(source, *store, context_, maps_, {.overflow = &overflow});
    ASSERT_TRUE(out);
    EXPECT_FALSE(out->unwritten);
    EXPECT_EQ(out->lost, 0u);
  }
  EXPECT_EQ(story(), "1 2 3 ");
  EXPECT_TRUE(verified().intact()) << found();
}

// A key that is as good as any, and not this log's.
TEST_F(Faults, AReplacedKeyIsNoSilentChange) {
  record(events(1, 2));
  const auto own = *Keys::look(folder_ / "keys");
  std::filesystem::rename(folder_ / "keys", folder_ / "old");
  ASSERT_TRUE(Keys::open(folder_ / "keys"));
  record(events(3, 4));
  EXPECT_EQ(found(), "log:1: the key of this segment is not certified by the one before\n");
  EXPECT_FALSE(verified({.keys = {*own}}).intact()) << "nor for who knows the right key";
  EXPECT_EQ(story(), "1 2 3 4 ") << "the records themselves go on";
}

TEST_F(Faults, AKeyThatCanNotBeReadLeavesTheChainUnsignedAndSaysSo) {
  record(events(1, 2));
  const auto key = folder_ / "keys/evidence.key";
  const std::string good = contents(key);
  const std::function<void()> spoilers[] = {
      [&] { write(key, "no key\n"); }, [&] { write(key, ""); },
      [&] {
        write(key, good);
        std::filesystem::permissions(key, std::filesystem::perms(0644));
      },
      [&] {
        std::filesystem::remove(key);
        std::filesystem::create_directory(key);
      }};
  std::uint64_t seq = 3;
  for (const auto& spoil : spoilers) {
    spoil();
    {
      auto store = Store::open(log());
      ASSERT_TRUE(store);
      ASSERT_TRUE(store->append(events(seq, seq)));
      ASSERT_TRUE(store->sync());
      ASSERT_TRUE(store->trouble()) << seq;
      EXPECT_TRUE(store->trouble()->what.contains("evidence.key")) << store->trouble()->what;
      EXPECT_EQ(store->header().segment, 1u) << "no key is made in its place";
    }
    const Verified out = verified();
    EXPECT_TRUE(out.intact()) << found();
    EXPECT_EQ(out.runs[0].checkpoint->position.count, 3u) << "signed is what was before";
    EXPECT_EQ(out.runs[0].last, seq);
    ++seq;
  }
  std::filesystem::remove_all(key);
  write(key, good);
  record(events(seq, seq));
  EXPECT_TRUE(verified().intact()) << found();
  EXPECT_EQ(verified().runs[0].checkpoint->position.count, seq + 1) << "mended, all is signed";
}

// The chain gives the order, and no clock.
TEST_F(Faults, AClockThatGoesBackIsToldAndBreaksNothing) {
  record({event(1), heartbeat_line(context_, 1)});
  context_.now -= 3'600'000'000'000;
  context_.clock_offset -= 3'600'000'000'000;
  {
    auto store = Store::open(log());
    ASSERT_TRUE(store);
    const auto tail = store->tail(context_.origin, 8);
    ASSERT_TRUE(tail);
    EXPECT_TRUE(heartbeat_due(*tail, context_)) << "it does not wait for the hour to pass again";
    auto lines = changes(*tail, context_);
    ASSERT_EQ(lines.size(), 1u);
    const auto step = nlohmann::json::parse(lines[0]);
    EXPECT_EQ(step["schema"], clock_schema);
    EXPECT_EQ(step["step"], -3'600'000'000);
    lines.push_back(event(2));
    lines.push_back(heartbeat_line(context_, 2));
    ASSERT_TRUE(store->append(lines));
    ASSERT_TRUE(store->sync());
    EXPECT_TRUE(changes(*store->tail(context_.origin, 8), context_).empty()) << "told once";
  }
  const auto lines = lines_of(log());
  EXPECT_LT(nlohmann::json::parse(lines[4])["time"], nlohmann::json::parse(lines[1])["time"]);
  const Verified out = verified();
  EXPECT_TRUE(out.intact()) << found();
  EXPECT_EQ(out.runs[0].checkpoint->position.count, out.records);
  rotate();
  record(events(3, 3));
  EXPECT_TRUE(verified().intact()) << found();
  EXPECT_EQ(story(), "1 2 3 ");
}

}  // namespace
}  // namespace glacis::evidence
