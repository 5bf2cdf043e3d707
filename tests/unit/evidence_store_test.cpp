// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "manager/evidence/lines.h"
#include "manager/evidence/store.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

using std::chrono::milliseconds;

void append(Store& store, std::vector<std::string> lines) {
  const auto status = store.append(lines);
  ASSERT_TRUE(status) << status.error().what;
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat file{};
  EXPECT_EQ(::stat(path.c_str(), &file), 0);
  return file.st_mode & 07777u;
}

TEST(Store, MakesFolderAndFileForItsUserOnly) {
  const Folder folder;
  auto store = Store::open(folder / "a/b/log.jsonl");
  ASSERT_TRUE(store) << store.error().what;
  EXPECT_EQ(mode_of(folder / "a"), 0700u);
  EXPECT_EQ(mode_of(folder / "a/b"), 0700u);
  EXPECT_EQ(mode_of(folder / "a/b/log.jsonl"), 0600u);
  EXPECT_EQ(mode_of(folder / "a/b/keys"), 0700u);
  EXPECT_EQ(mode_of(folder / "a/b/keys/evidence.key"), 0600u);
  append(*store, {R"({"b":1,"a":2})"});
  EXPECT_TRUE(store->sync());
  EXPECT_EQ(mode_of(folder / "a/b/log.jsonl.checkpoint"), 0600u);
  const std::vector<std::string> lines = lines_of(store->path());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].substr(0, 27), R"({"a":2,"b":1,"chain":{"n":1)");
  const std::vector<std::string> bad = {"[]"};
  EXPECT_FALSE(store->append(bad));
}

TEST(Store, AsksForItsKeyOnlyToWrite) {
  const Folder folder;
  ASSERT_TRUE(Store::open(folder / "log"));
  std::filesystem::remove_all(folder / "keys");
  auto store = Store::open(folder / "log");
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->tail({"b", 1}, 8));
  EXPECT_FALSE(std::filesystem::exists(folder / "keys"));
  EXPECT_EQ(store->header().segment, 1u);
  append(*store, {R"({"b":1})"});
  EXPECT_TRUE(std::filesystem::exists(folder / "keys"));
  EXPECT_EQ(store->header().segment, 2u) << "another key signs";
}

TEST(Store, OneAtATime) {
  const Folder folder;
  {
    auto first = Store::open(folder / "log");
    ASSERT_TRUE(first);
    const auto second = Store::open(folder / "log", milliseconds(30));
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().what.find("in use by another command"), std::string::npos);
    EXPECT_FALSE(second.error().unchanged.empty());
  }
  EXPECT_TRUE(Store::open(folder / "log", milliseconds(0)));
}

TEST(Store, RefusesALogThatOthersCouldWrite) {
  const Folder folder;
  write(folder / "log", "");
  std::filesystem::permissions(folder / "log", std::filesystem::perms(0620));
  EXPECT_FALSE(Store::open(folder / "log"));
  std::filesystem::create_symlink(folder / "elsewhere", folder / "link");
  EXPECT_FALSE(Store::open(folder / "link"));
  EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(Store::open(folder / "pipe"));
}

TEST(Store, ATornLineIsEndedAndNoted) {
  const Folder folder;
  ASSERT_TRUE(Store::open(folder / "log"));
  const std::string start = contents(folder / "log"), torn = R"({"schema":"glac)";
  write(folder / "log", start + torn);
  ASSERT_TRUE(Store::open(folder / "log"));
  const std::string text = contents(folder / "log");
  EXPECT_EQ(text.substr(0, start.size() + torn.size() + 1), start + torn + '\n');
  const auto lines = lines_of(folder / "log");
  ASSERT_EQ(lines.size(), 3u);
  const auto json = nlohmann::json::parse(lines[2]);
  EXPECT_EQ(json["schema"], torn_schema);
  EXPECT_EQ(json["offset"], start.size());
  EXPECT_EQ(json["bytes"], torn.size());
  EXPECT_EQ(json["chain"]["n"], 1);
  ASSERT_TRUE(Store::open(folder / "log"));
  EXPECT_EQ(contents(folder / "log"), text) << "repaired once";
}

TEST(Store, AWholeLineWithoutEndIsOnlyEnded) {
  const Folder folder;
  ASSERT_TRUE(Store::open(folder / "log"));
  const std::string whole = contents(folder / "log");
  {
    auto store = Store::open(folder / "log");
    append(*store, {R"({"b":2})"});
  }
  const std::string two = contents(folder / "log");
  ASSERT_NE(whole, two);
  write(folder / "log", two.substr(0, two.size() - 1));
  ASSERT_TRUE(Store::open(folder / "log"));
  EXPECT_EQ(contents(folder / "log"), two);
}

// A limit on the size of files stands for a full file system.
TEST(Store, AFailedWriteIsTakenBack) {
  const Folder folder;
  const auto path = folder / "log";
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto store = Store::open(path);
    const std::vector<std::string> fits = {"{}"};
    const std::vector<std::string> large = {"{\"a\":\"" + std::string(5000, 'x') + "\"}"};
    if (!store || !store->append(fits)) ::_exit(2);
    const rlimit limit{2000, 2000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(store->append(large) ? 3 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(lines_of(path).size(), 2u);
  EXPECT_TRUE(contents(path).ends_with("\"}}\n"));
}

TEST(Store, TailReadsBackOneRing) {
  const Folder folder;
  auto store = Store::open(folder / "log");
  ASSERT_TRUE(store);
  SourceMaps maps("/nonexistent");
  Context earlier = context();
  earlier.origin.ring = 6;
  append(*store, {event_line(*decode(bytes_of(*file_event(900))), earlier, maps)});
  EXPECT_FALSE(store->tail(context().origin, 10)->known);
  for (std::uint64_t seq : {3, 5, 4})
    append(*store, {event_line(*decode(bytes_of(*file_event(seq))), context(), maps)});
  append(*store, {gap_line({6, 8}, context()), "{}"});
  std::ofstream(folder / "log", std::ios::app) << "corrupt\n[1]\n\n";
  const auto tail = store->tail(context().origin, 10);
  ASSERT_TRUE(tail);
  EXPECT_TRUE(tail->known);
  EXPECT_EQ(tail->last, 8u);
  EXPECT_EQ(tail->seqs, (std::set<std::uint64_t>{3, 4, 5}));
  EXPECT_EQ(store->tail(context().origin, 2)->seqs, (std::set<std::uint64_t>{4}));
}

std::vector<std::string> backwards(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<std::string> out;
  EXPECT_TRUE(read_lines_back(fd.get(), std::filesystem::file_size(path), [&](const Line& line) {
    out.push_back(std::string(line.text) + (line.ended ? "" : "?") + (line.too_long ? "!" : ""));
    return true;
  }));
  return out;
}

std::vector<std::string> forwards(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<std::string> out;
  EXPECT_TRUE(read_lines(fd.get(), [&](const Line& line) {
    out.push_back(std::string(line.text) + (line.ended ? "" : "?") + (line.too_long ? "!" : ""));
    EXPECT_EQ(line.number, out.size());
    return true;
  }));
  return out;
}

TEST(Lines, BothWaysAlike) {
  const Folder folder;
  for (const auto& text : {std::string(), std::string("\n"), std::string("a"), std::string("a\n"),
                           std::string("\n\na\n\nb"), std::string(70000, 'x') + "\nend\n",
                           "first\n" + std::string(65535, 'y') + "\n"}) {
    write(folder / "log", text);
    auto back = backwards(folder / "log");
    std::ranges::reverse(back);
    EXPECT_EQ(back, forwards(folder / "log")) << text.substr(0, 20);
  }
  write(folder / "log", "a\n" + std::string(300000, 'z') + "\nb\n");
  const auto lines = forwards(folder / "log");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1], std::string(longest_line, 'z') + "!");
  EXPECT_EQ(backwards(folder / "log"), (std::vector<std::string>{"b", lines[1], "a"}));
}

}  // namespace
}  // namespace glacis::evidence
