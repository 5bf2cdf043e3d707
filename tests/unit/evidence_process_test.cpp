// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "manager/base/fd.h"
#include "manager/evidence/list.h"
#include "manager/evidence/package.h"
#include "manager/evidence/process.h"
#include "manager/evidence/program.h"
#include "manager/evidence/recorder.h"
#include "manager/evidence/render.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

namespace fs = std::filesystem;

class Process : public testing::Test {
 protected:
  // 4121, started at tick 91822, with a name that looks like the end of the name.
  void make(std::string_view cmdline,
            std::string_view cgroup = "0::/system.slice/redis.service\n") {
    const fs::path own = folder_ / "4121";
    fs::create_directories(own);
    fs::create_symlink("/srv/\x1b[2J", own / "cwd");
    put("stat",
        "4121 (a) S 1 ) S 1 4121 4121 34817 4121 4194560 1 2 3 4 5 6 7 8 20 0 1 0 91822 9 9\n");
    put("loginuid", "1000");
    put("sessionid", "4294967295");
    put("cgroup", cgroup);
    put("cmdline", cmdline);
  }
  void put(const char* name, std::string_view text) {
    write(fs::path(folder_ / "4121") / name, text);
  }
  // With patience for a machine that does much else.
  [[nodiscard]] Processes processes() const {
    return Processes(folder_ / "", std::chrono::minutes(1));
  }
  [[nodiscard]] Processes::Json read(std::uint64_t start = 91822) {
    return processes().find(4121, start);
  }

  Folder folder_;
};

TEST_F(Process, WhatProcSays) {
  using namespace std::string_view_literals;
  make("redis-server\0--port\x07\0"sv);
  EXPECT_EQ(read().dump(),
            R"({"argv":["redis-server","--port\\x07"],"cwd":"/srv/\\x1b[2J","login_uid":1000,)"
            R"("session":null,"tty":"pts/1","unit":"redis.service",)"
            R"("program":{"exe":null,"sha256":null,"build_id":null},"ancestry":[]})");
}

// Of "abc", as FIPS 180-2 has it.
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST_F(Process, WhichProgramsItAndItsParentsAre) {
  make("x");
  write(folder_ / "abc", "abc");
  fs::create_symlink(folder_ / "abc", fs::path(folder_ / "4121") / "exe");
  for (const char* one : {"1", "77"}) fs::create_directories(folder_ / one);
  put("stat", "4121 (a) S 77 1 4121 34817 4121 4194560 1 2 3 4 5 6 7 8 20 0 1 0 91822 9 9\n");
  write(fs::path(folder_ / "77") / "stat",
        "77 (sh) S 1 1 1 0 1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 91821 9 9\n");
  write(fs::path(folder_ / "1") / "stat",
        "1 (init) S 0 1 1 0 1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 5 9 9\n");
  const auto said = read();
  EXPECT_EQ(said["program"]["exe"], (folder_ / "abc").string());
  EXPECT_EQ(said["program"]["sha256"], kAbc);
  EXPECT_TRUE(said["program"]["build_id"].is_null());
  ASSERT_EQ(said["ancestry"].size(), 2u);
  EXPECT_EQ(said["ancestry"][0]["pid"], 77);
  EXPECT_EQ(said["ancestry"][1]["pid"], 1);
  write(fs::path(folder_ / "77") / "stat",  // who took the number of a parent that is gone
        "77 (sh) S 1 1 1 0 1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 91823 9 9\n");
  EXPECT_EQ(read()["ancestry"].size(), 0u);
}

TEST_F(Process, AChangedProgramHasAnotherDigest) {
  make("x");
  write(folder_ / "abc", "abcd");
  fs::create_symlink(folder_ / "abc", fs::path(folder_ / "4121") / "exe");
  EXPECT_NE(read()["program"]["sha256"], kAbc);
  write(folder_ / "abc", "abc");
  EXPECT_EQ(read()["program"]["sha256"], kAbc);
  fs::remove(fs::path(folder_ / "4121") / "exe");
  ASSERT_EQ(::mkfifo((fs::path(folder_ / "4121") / "exe").c_str(), 0600), 0);
  EXPECT_TRUE(read()["program"]["sha256"].is_null());
}

// Else a record of sixteen such ancestors would be longer than a line may be.
TEST_F(Process, ALongNameOfAProgramIsLeftOut) {
  make("x");
  const fs::path exe = fs::path(folder_ / "4121") / "exe";
  for (const std::size_t length : {1024, 1025}) {
    fs::remove(exe);
    fs::create_symlink("/" + std::string(length - 1, 'a'), exe);
    EXPECT_EQ(read()["program"]["exe"].is_null(), length > 1024) << length;
  }
}

TEST(Program, BuildIdOfThisTest) {
  std::vector<std::uint8_t> bytes(4096);
  const Fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::read(file.get(), bytes.data(), bytes.size()), 4096);
  const auto id = build_id(bytes);
  ASSERT_TRUE(id.has_value());
  EXPECT_TRUE(id->size() == 40 || id->size() == 32 || id->size() == 16) << *id;
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    (void)build_id(std::span(bytes).first(cut));  // each end is within its bytes
  auto changed = bytes;
  for (std::size_t at = 0; at < 2048; ++at) {
    changed[at] ^= 0xff;
    (void)build_id(changed);
    changed[at] ^= 0xff;
  }
}

TEST_F(Process, AnotherProcessOfTheNumberIsNotIt) {
  make("x");
  EXPECT_TRUE(read(91823).is_null());
  EXPECT_TRUE(Processes(folder_ / "").find(4122, 91822).is_null());
}

TEST_F(Process, Bounded) {
  make(std::string(1u << 20, 'a'));
  EXPECT_EQ(read()["argv"].size(), 1u);
  EXPECT_EQ(read()["argv"][0].get<std::string>().size(), 4096u);
  put("cmdline", std::string(1u << 20, '\0'));
  EXPECT_EQ(read()["argv"].size(), 64u);
}

TEST_F(Process, WhatCantBeReadIsNull) {
  make("x", "12:pids:/\n");
  EXPECT_TRUE(read()["unit"].is_null());
  for (const char* name : {"cmdline", "cwd", "loginuid", "cgroup"})
    fs::remove(fs::path(folder_ / "4121") / name);
  for (const char* key : {"argv", "cwd", "login_uid", "unit"}) EXPECT_TRUE(read()[key].is_null());
  put("stat", "4121 (x");
  EXPECT_TRUE(read().is_null());
}

// A pipe that nobody writes to is like memory that nobody answers for.
TEST_F(Process, ArgumentsThatNeverComeAreNotWaitedFor) {
  make("x");
  const fs::path pipe = fs::path(folder_ / "4121") / "cmdline";
  fs::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const Fd writer(::open(pipe.c_str(), O_RDWR | O_CLOEXEC));
  const auto begin = std::chrono::steady_clock::now();
  const auto json = Processes(folder_ / "").find(4121, 91822);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_TRUE(json["argv"].is_null());
  EXPECT_EQ(json["unit"], "redis.service");
}

TEST_F(Process, AllTogetherAreNotWaitedForLong) {
  make("x");
  Processes of(folder_ / "", std::chrono::milliseconds(0));
  EXPECT_TRUE(of.find(4121, 91822)["argv"].is_null());
  EXPECT_EQ(of.find(4121, 91822)["unit"], "redis.service");
}

TEST_F(Process, OnlySoManyAreRead) {
  make("x");
  Processes of = processes();
  for (std::uint32_t i = 0; i < Processes::most; ++i)
    EXPECT_TRUE(of.find(100'000 + i, 1).is_null());
  EXPECT_TRUE(of.find(4121, 91822).is_null());
}

TEST_F(Process, OurOwn) {
  Processes of("/proc", std::chrono::minutes(1));
  const std::string stat = contents("/proc/self/stat");
  std::istringstream behind(stat.substr(stat.rfind(')') + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) behind >> field;
  const auto json = of.find(static_cast<std::uint32_t>(::getpid()), std::stoull(field));
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["cwd"], fs::current_path().native());
  EXPECT_FALSE(json["argv"].empty());
}

class OneEvent : public Source {
 public:
  kernel::Taken take(const kernel::TakeRecord& each) override {
    each(bytes_of(*event_));
    return {1, false, false};
  }
  void commit(std::uint64_t) override {}
  Result<std::uint64_t> last_sequence() override { return 1; }

 private:
  std::unique_ptr<gl_event> event_ = file_event(1);
};

TEST_F(Process, IsInTheRecordAndShown) {
  make("redis-server");
  write(folder_ / "abc", "abc");
  fs::create_symlink(folder_ / "abc", fs::path(folder_ / "4121") / "exe");
  const Folder logs;
  auto store = Store::open(Where(logs / "log"));
  ASSERT_TRUE(store);
  SourceMaps maps("/nonexistent");
  OneEvent source;
  Processes of = processes();
  ASSERT_TRUE(drain(source, *store, context(), maps, {.processes = &of}));
  auto entry = find_record(logs / "log", 1, nullptr);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->record["process"]["unit"], "redis.service");
  entry->record["package"] = "redis-server";
  const std::string text = show_text(*entry);
  for (const char* part : {"  arguments   redis-server\n", "  directory   /srv/\\x1b[2J\n",
                           "  login       uid 1000, session -, tty pts/1, unit redis.service\n",
                           "/abc, sha256 ba7816bf8f01cfea", "  package     redis-server\n"})
    EXPECT_NE(text.find(part), text.npos) << part << text;
}

TEST(Package, ByDpkgsLists) {
  const Folder folder;
  write(folder / "redis-server.list", "/.\n/usr/bin/redis-server2\n/usr/bin/redis-server\n");
  write(folder / "dash:amd64.list", "/bin/dash");
  write(folder / "x.md5sums", "/usr/bin/y\n");
  EXPECT_EQ(package_of("/usr/bin/redis-server", folder / ""), "redis-server");
  EXPECT_EQ(package_of("/usr/bin/dash", folder / ""), "dash");
  EXPECT_EQ(package_of("/usr/bin/redis", folder / ""), std::nullopt);
  EXPECT_EQ(package_of("/usr/bin/y", folder / ""), std::nullopt);
  EXPECT_EQ(package_of("usr/bin/dash", folder / ""), std::nullopt);
  EXPECT_EQ(package_of("/usr/bin/dash", "/nonexistent"), std::nullopt);
}

}  // namespace
}  // namespace glacis::evidence
