// SPDX-License-Identifier: Apache-2.0
// Every change to a log is found, and it is said where.
#include <functional>
#include <nlohmann/json.hpp>

#include "manager/evidence/counts.h"
#include "manager/evidence/segments.h"
#include "manager/evidence/states.h"
#include "manager/evidence/store.h"
#include "manager/evidence/verify.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

// Each change takes a whole verification, and sanitisers make it some ten times slower. There
// each byte of one log is flipped, and the other changes are made at a part of the places.
#ifdef GLACIS_SANITISED
constexpr std::size_t apart = 4;
#else
constexpr std::size_t apart = 1;
#endif

class Verify : public testing::Test {
 protected:
  void record(std::uint64_t from, std::uint64_t to, bool sync = true) {
    auto store = Store::open(log());
    ASSERT_TRUE(store) << store.error().what;
    std::vector<std::string> lines;
    for (std::uint64_t seq = from; seq <= to; ++seq)
      lines.push_back(event_line(*decode(bytes_of(*file_event(seq))), context_, maps_));
    ASSERT_TRUE(store->append(lines));
    EXPECT_TRUE(!sync || store->sync());
  }
  void rotate() {
    auto store = Store::open(log());
    ASSERT_TRUE(store);
    const auto status = store->rotate();
    ASSERT_TRUE(status) << status.error().what;
    ASSERT_FALSE(store->trouble()) << store->trouble()->what;
  }
  [[nodiscard]] Verified verified(const Expected& expected = {}) const {
    auto out = verify_log(log(), expected);
    EXPECT_TRUE(out);
    return std::move(*out);
  }
  [[nodiscard]] std::string found(const Expected& expected = {}) const {
    const Verified out = verified(expected);
    std::string text;
    for (const Finding& finding : out.findings)
      text += finding.file + ":" + std::to_string(finding.line) + ": " + finding.what + "\n";
    return text;
  }
  [[nodiscard]] std::filesystem::path log() const { return folder_ / "log"; }
  static std::string joined(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += line + '\n';
    return out;
  }
  // Every change of bytes that changes anything must be found.
  void expect_found(const std::string& changed, const std::string& what) {
    if (changed == whole_) return;
    // A new file: to replace one's bytes would wait for the disk each time.
    std::filesystem::remove(log());
    write(log(), changed);
    EXPECT_FALSE(verified().intact()) << what;
  }

  Folder folder_;
  std::string whole_;
  Context context_ = context();
  SourceMaps maps_{"/nonexistent"};
};

TEST_F(Verify, AWholeLogIsProven) {
  record(1, 3);
  rotate();
  record(4, 5);
  const Verified out = verified();
  EXPECT_TRUE(out.intact()) << found();
  EXPECT_EQ(out.records, 8u) << "two headers, five events, a checkpoint";
  ASSERT_EQ(out.runs.size(), 1u);
  EXPECT_EQ(out.runs[0].checkpoint->position.count, 8u);
  EXPECT_FALSE(out.trusted);
  ASSERT_EQ(out.files.size(), 2u);
  EXPECT_EQ(out.files[0].name, "log.000001.zst");
  record(6, 6, false);
  EXPECT_EQ(verified().runs[0].checkpoint->position.count, 8u) << "one record is not proven";
  EXPECT_EQ(verified().runs[0].last, 8u);
}

TEST_F(Verify, EveryChangedByteIsFound) {
  record(1, 2);
  const std::string whole = whole_ = contents(log());
  ASSERT_TRUE(verified().intact());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const char bit : {'\x01', '\x20', '\x80'}) {
      if (i % apart != 0 && bit != '\x20') continue;
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      expect_found(changed, "flipped at " + std::to_string(i));
    }
    if (i % apart != 0) continue;
    expect_found(whole.substr(0, i) + whole.substr(i + 1), "deleted at " + std::to_string(i));
    for (const char byte : {' ', '\n', '0', '\0'})
      expect_found(whole.substr(0, i) + byte + whole.substr(i), "inserted at " + std::to_string(i));
    expect_found(whole.substr(0, i), "cut at " + std::to_string(i));
  }
  for (const char* more : {"x", "\n", "{}\n", "glacis"}) expect_found(whole + more, more);
  write(log(), whole);
  EXPECT_TRUE(verified().intact()) << found();
}

// Two segments, a checkpoint at the end of the first, a heartbeat and a count.
TEST_F(Verify, EveryChangedByteOfARicherLogIsFound) {
  record(1, 1);
  rotate();
  const Segment archived{folder_ / "log.000001.zst", 1, false, true};
  std::string first;
  ASSERT_TRUE(read_segment(archived, [&](const Line& line) {
    first += std::string(line.text) + '\n';
    return true;
  }));
  {
    auto store = Store::open(log());
    ASSERT_TRUE(store);
    kernel::Refusal many{};
    many.value.seq = 1;
    many.value.count = 40;
    many.value.objects = 3;
    ASSERT_TRUE(store->append(
        std::vector<std::string>{heartbeat_line(context_, 1), count_line(many, context_)}));
    ASSERT_TRUE(store->sync());
  }
  record(2, 2);
  const std::string last = contents(log());
  EXPECT_TRUE(first.contains(checkpoint_schema));
  EXPECT_TRUE(last.contains(heartbeat_schema) && last.contains(count_schema));
  const auto plain = folder_ / "log.000001";
  std::filesystem::remove(archived.path);
  write(plain, first);
  ASSERT_TRUE(verified().intact()) << found();
  const auto expect_each_found = [&](const std::filesystem::path& file, const std::string& whole) {
    const auto tried = [&](const std::string& changed, const char* how, std::size_t at) {
      std::filesystem::remove(file);
      write(file, changed);
      EXPECT_TRUE(changed == whole || !verified().intact()) << file << how << at;
    };
    for (std::size_t i = 0; i < whole.size(); i += apart) {
      std::string flipped = whole;
      flipped[i] = static_cast<char>(flipped[i] ^ (i / apart % 2 == 0 ? 1 : 32));
      tried(flipped, " flipped at ", i);
      if (i % (4 * apart) != 0) continue;
      tried(whole.substr(0, i) + whole.substr(i + 1), " deleted at ", i);
      tried(whole.substr(0, i) + '0' + whole.substr(i), " inserted at ", i);
      tried(whole.substr(0, i), " cut at ", i);
    }
    std::filesystem::remove(file);
    write(file, whole);
  };
  expect_each_found(plain, first);
  expect_each_found(log(), last);
  EXPECT_TRUE(verified().intact()) << found();
}

TEST_F(Verify, LinesThatAreMovedDroppedOrDoubledAreFound) {
  record(1, 6);
  whole_ = contents(log());
  const auto lines = lines_of(log());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto dropped = lines;
    dropped.erase(dropped.begin() + static_cast<long>(i));
    expect_found(joined(dropped), "dropped " + std::to_string(i));
    for (std::size_t j = 0; j < lines.size(); ++j) {
      auto swapped = lines;
      std::swap(swapped[i], swapped[j]);
      if (i != j) expect_found(joined(swapped), "swapped " + std::to_string(i));
      auto doubled = lines;
      doubled.insert(doubled.begin() + static_cast<long>(j), lines[i]);
      expect_found(joined(doubled), "doubled " + std::to_string(i));
    }
  }
}

TEST_F(Verify, SaysWhereAndWhatStaysProven) {
  record(1, 6);
  auto lines = lines_of(log());
  lines[3].replace(lines[3].find("denied"), 6, "DENIED");
  write(log(), joined(lines));
  const Verified out = verified();
  ASSERT_EQ(out.findings.size(), 1u) << found();
  EXPECT_EQ(out.findings[0].file, "log");
  EXPECT_EQ(out.findings[0].line, 4u);
  EXPECT_EQ(out.findings[0].record, 3u);
  ASSERT_EQ(out.runs.size(), 2u);
  EXPECT_EQ(out.runs[0].last, 2u);
  EXPECT_FALSE(out.runs[0].checkpoint);
  EXPECT_EQ(out.runs[1].first, 4u);
  EXPECT_EQ(out.runs[1].checkpoint->position.count, 7u)
      << "what follows is linked to its checkpoint";
  auto missing = lines_of(log());
  missing.erase(missing.begin() + 3, missing.begin() + 5);
  write(log(), joined(missing));
  EXPECT_EQ(found(), "log:4: records 3 to 4 are missing\n");
}

// Who has no key can write a chain, and no checkpoint.
TEST_F(Verify, AChainThatWasWrittenAnewIsFound) {
  record(1, 300);
  auto lines = lines_of(log());
  Position at;
  for (std::string& line : lines) {
    auto json = Canonical::parse(line);
    if (json["seq"] == 5) json["verdict"] = "observed";
    json.erase("chain");
    line = chained(json, at);
  }
  write(log(), joined(lines));
  EXPECT_NE(found().find("checkpoint is of other records"), std::string::npos) << found();
  EXPECT_NE(found().find("log.checkpoint tells of another record"), std::string::npos);
  std::filesystem::remove(checkpoint_path(log()));
  EXPECT_FALSE(verified().intact());
}

// Who has today's key can't sign what was signed by yesterday's.
TEST_F(Verify, ThePastCanNotBeSigned) {
  record(1, 3);
  const auto root = *Keys::look(folder_ / "keys");
  rotate();
  record(4, 5);
  EXPECT_TRUE(verified({.keys = {*root}}).trusted);
  EXPECT_TRUE(verified({.keys = {*root}}).intact());
  EXPECT_TRUE(verified({.keys = {**Keys::look(folder_ / "keys")}}).intact());
  EXPECT_FALSE(verified({.keys = {PublicKey{}}}).intact()) << "a key that signed nothing";

  std::vector<std::string> old;
  ASSERT_TRUE(read_segment({folder_ / "log.000001.zst", 1, false, true}, [&](const Line& line) {
    old.emplace_back(line.text);
    return true;
  }));
  auto all = lines_of(log());
  Position at;
  const auto again = [&](std::vector<std::string>& lines) {
    for (std::string& line : lines) {
      auto json = Canonical::parse(line);
      if (json["seq"] == 2) json["verdict"] = "observed";
      json.erase("chain");
      line = chained(json, at);
    }
  };
  again(old);
  old.pop_back();  // the checkpoint, which no longer holds
  at = read_chained(old.back())->after();
  again(all);
  std::filesystem::remove(folder_ / "log.000001.zst");
  write(folder_ / "log.000001", joined(old));
  write(log(), joined(all));
  write(checkpoint_path(log()),
        sign_note({verified().log, at, "now"}, Keys::open(folder_ / "keys")->current()));
  EXPECT_EQ(found(), "log:1: the key of this segment is not certified by the one before\n");
}

TEST_F(Verify, WhatWasCutOffNeedsACheckpointToBeNoticed) {
  record(1, 2);
  const auto early = parse_note(contents(checkpoint_path(log())));
  const std::string before = contents(log());
  record(3, 4);
  const auto late = parse_note(contents(checkpoint_path(log())));
  write(log(), before);
  EXPECT_EQ(found(), ":0: records 3 to 4 are missing: log.checkpoint tells of 5 records\n");
  std::filesystem::remove(checkpoint_path(log()));
  EXPECT_TRUE(verified().intact()) << "nobody could know";
  EXPECT_TRUE(verified({.checkpoints = {*early}}).intact());
  EXPECT_FALSE(verified({.checkpoints = {*late}}).intact());
  EXPECT_FALSE(verified({.records = 5}).intact());
  EXPECT_TRUE(verified({.records = 3}).intact());
}

TEST_F(Verify, TheNextToWriteKeepsWhatWasCutOffFound) {
  record(1, 2);
  const std::string before = contents(log());
  record(3, 4);
  write(log(), before);
  record(3, 9);
  EXPECT_NE(found().find("the log had been shortened: 3 of 5 records were there"),
            std::string::npos)
      << found();
  record(10, 10);
  EXPECT_EQ(verified().findings.size(), 1u) << "told once";
}

TEST_F(Verify, ALineCutOffByAStopIsNoBreak) {
  record(1, 2);
  const std::string before = contents(log());
  record(3, 3, false);
  const std::string whole = contents(log());
  for (std::size_t cut = before.size() + 1; cut + 1 < whole.size(); cut += 7) {
    write(log(), whole.substr(0, cut));
    record(3, 3, false);
    const Verified out = verified();
    EXPECT_TRUE(out.intact()) << cut << found();
    EXPECT_EQ(out.notes.size(), 1u);
  }
  auto lines = lines_of(log());
  lines[3].pop_back();
  write(log(), joined(lines));
  EXPECT_FALSE(verified().intact()) << "what was cut off is known by its hash";
}

TEST_F(Verify, ALostSegmentIsFound) {
  record(1, 2);
  rotate();
  record(3, 4);
  rotate();
  record(5, 6);
  ASSERT_TRUE(verified().intact()) << found();
  std::filesystem::rename(folder_ / "log.000002.zst", folder_ / "kept");
  EXPECT_NE(found().find("log:1: records 4 to 7 are missing"), std::string::npos) << found();
  std::filesystem::rename(folder_ / "kept", folder_ / "log.000002.zst");
  std::filesystem::remove(log());
  EXPECT_FALSE(verified().intact()) << "the checkpoint tells of more";
  record(7, 8);
  EXPECT_NE(found().find("had been shortened"), std::string::npos) << found();
  std::filesystem::remove(folder_ / "log.000001.zst");
  EXPECT_NE(found().find("the log begins here"), std::string::npos) << found();
}

TEST_F(Verify, ADamagedCompressedSegmentIsFound) {
  record(1, 2);
  rotate();
  const std::string whole = contents(folder_ / "log.000001.zst");
  for (std::size_t cut = 0; cut < whole.size(); cut += 5) {
    write(folder_ / "log.000001.zst", whole.substr(0, cut));
    EXPECT_FALSE(verified().intact()) << cut;
  }
  write(folder_ / "log.000001.zst", "no zstd");
  EXPECT_FALSE(verified().intact());
}

// A bit of the compression itself may change without changing what it holds; nothing else may.
TEST_F(Verify, EveryFlippedBitOfACompressedSegmentIsFound) {
  record(1, 2);
  rotate();
  const Segment archived{folder_ / "log.000001.zst", 1, false, true};
  const auto held = [&]() -> std::optional<std::string> {
    std::string out;
    const auto status = read_segment(archived, [&](const Line& line) {
      out += std::string(line.text) + (line.ended ? "\n" : "");
      return true;
    });
    return status ? std::optional(out) : std::nullopt;
  };
  const std::string whole = contents(archived.path);
  const auto lines = held();
  ASSERT_TRUE(lines);
  std::size_t harmless = 0;
  for (std::size_t bit = 0; bit < whole.size() * 8; bit += apart) {
    std::string changed = whole;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    std::filesystem::remove(archived.path);
    write(archived.path, changed);
    if (held() == lines)
      ++harmless;
    else
      EXPECT_FALSE(verified().intact()) << bit;
  }
  EXPECT_LT(harmless, whole.size() * 8 / 100) << "one in a hundred at most";
  std::filesystem::remove(archived.path);
  write(archived.path, whole);
  EXPECT_TRUE(verified().intact()) << found();
}

TEST_F(Verify, ALogFromBeforeTheChainIsKeptAndKnownByItsHash) {
  write(log(), "{\"schema\":\"glacis.event/1\",\"seq\":3,\"boot\":\"b\",\"ring\":1}\n");
  record(1, 2);
  EXPECT_TRUE(verified().intact()) << found();
  ASSERT_EQ(verified().notes.size(), 1u);
  EXPECT_EQ(verified().notes[0].file, "log.000001.unchained");
  write(folder_ / "log.000001.unchained", "{}\n");
  EXPECT_EQ(found(), "log:1: log.000001.unchained was changed\n");
  std::filesystem::remove(folder_ / "log.000001.unchained");
  EXPECT_EQ(found(), "log:1: log.000001.unchained is gone\n");
}

TEST_F(Verify, ALostKeyIsNoSilentChange) {
  record(1, 2);
  std::filesystem::remove_all(folder_ / "keys");
  record(3, 4);
  EXPECT_EQ(found(), "log:1: the key of this segment is not certified by the one before\n");
}

TEST_F(Verify, WithoutKeysTheChainGoesOnUnsigned) {
  write(folder_ / "keys", "no folder");
  {
    auto store = Store::open(log());
    ASSERT_TRUE(store);
    EXPECT_TRUE(store->trouble());
    EXPECT_TRUE(store->append(std::vector<std::string>{"{}"}));
    EXPECT_TRUE(store->sync());
  }
  const Verified out = verified();
  EXPECT_TRUE(out.intact()) << found();
  EXPECT_FALSE(out.runs[0].checkpoint);
  EXPECT_EQ(out.notes.size(), 1u);
}

}  // namespace
}  // namespace glacis::evidence
