// SPDX-License-Identifier: Apache-2.0
// The acts, unconfined: what they report is what happened.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "vm-tests/runner/command.h"
#include "vm-tests/runner/expect.h"
#include "vm-tests/runner/process.h"

namespace glacis::scenario {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Acts : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "glacis-act-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
    std::ofstream(dir_ / "data") << "some text";
  }
  void TearDown() override { fs::remove_all(dir_); }

  static Finished act(std::vector<std::string> words) {
    words.insert(words.begin(), GLACIS_ACT);
    return run(words, 30s);
  }

  // Ended with success, and its effect was seen.
  static void happens(const std::vector<std::string>& words) {
    const Finished done = act(words);
    EXPECT_EQ(done.status, 0) << words[0] << ": " << done.out << done.err;
    const Json json = Json::parse(done.out, nullptr, false);
    ASSERT_TRUE(json.is_object()) << done.out;
    EXPECT_EQ(json.value("act", ""), words[0]);
    EXPECT_EQ(check_control(json), "") << done.out;
  }

  [[nodiscard]] std::string path(const char* name) const { return (dir_ / name).string(); }

  fs::path dir_;
};

TEST_F(Acts, FilesAreReadWrittenAndMade) {
  happens({"file.read", path("data")});
  happens({"file.append", path("data")});
  happens({"file.rdwr", path("data")});
  happens({"file.create", path("new")});
  happens({"file.rename", path("new"), path("newer")});
  happens({"file.link", path("newer"), path("other")});
  happens({"file.unlink", path("other")});
  happens({"file.mkdir", path("folder")});
  happens({"file.truncate", path("data")});
  EXPECT_EQ(fs::file_size(dir_ / "data"), 0u);
  EXPECT_FALSE(fs::exists(dir_ / "other"));
}

TEST_F(Acts, ProgramsRun) {
  ASSERT_EQ(act({"--make", "elf", path("x")}).status, 0);
  ASSERT_EQ(act({"--make", "enoexec", path("bad")}).status, 0);
  happens({"exec.path", path("x")});
  happens({"exec.status", "42", path("x")});
  happens({"exec.shell"});
  happens({"exec.memfd"});
  happens({"exec.fexec", path("x")});
  happens({"exec.enoexec", path("bad"), "file.read", path("data")});
  happens({"task.exec", "task.fork", "task.thread", "file.read", path("data")});
}

TEST_F(Acts, CodeRunsInMemory) {
  ASSERT_EQ(act({"--make", "ret", path("page")}).status, 0);
  happens({"mem.mmap_wx"});
  happens({"mem.mmap_exec_anon"});
  happens({"mem.mprotect_heap"});
  happens({"mem.mprotect_stack"});
  happens({"mem.mprotect_modified", path("page")});
  happens({"mem.map_file_exec", path("page")});
}

TEST_F(Acts, AFailureHasItsErrno) {
  const Finished done = act({"file.read", path("none")});
  EXPECT_EQ(done.status, 10);
  const Json json = Json::parse(done.out, nullptr, false);
  EXPECT_EQ(json.value("errno_name", ""), "ENOENT");
  EXPECT_FALSE(json.value("ok", true));
  EXPECT_FALSE(json.value("effect", true));
  EXPECT_EQ(json.value("stage", ""), "open");
}

TEST_F(Acts, WrongUsageIsNoResult) {
  EXPECT_EQ(act({}).status, 2);
  EXPECT_EQ(act({"no.such.act"}).status, 2);
  EXPECT_EQ(act({"file.read"}).status, 2);
  EXPECT_EQ(act({"--make", "nothing", path("x")}).status, 2);
}

TEST_F(Acts, ABatchRunsEachLineInAChild) {
  auto child = Child::start({GLACIS_ACT, "--batch"});
  ASSERT_TRUE(child);
  child->write_line("# a comment");
  child->write_line("1 file.read '" + path("data") + "'");
  child->write_line("2 file.read \"" + path("a\\\"b") + "\"");
  const Finished done = child->finish(30s);
  const auto lines = parse_records(done.out);
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 2u);
  EXPECT_EQ((*lines)[0].value("id", ""), "1");
  EXPECT_TRUE((*lines)[0].value("ok", false));
  EXPECT_EQ((*lines)[1].value("errno_name", ""), "ENOENT");
}

// What the server's end answers to a request, and how the server ended.
std::pair<std::string, int> request(const std::string& text) {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(ends[1], STDIN_FILENO);
    close(ends[0]);
    close(ends[1]);
    setenv("LD_PRELOAD", GLACIS_ACT_PRELOAD, 1);
    execl(RECV_ONCE, RECV_ONCE, nullptr);
    _exit(127);
  }
  close(ends[1]);
  EXPECT_EQ(write(ends[0], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  std::string answer;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  return {answer, WEXITSTATUS(status)};
}

TEST_F(Acts, InsideAServerARequestForActsIsAnsweredByThem) {
  const auto [answer, status] =
      request("GET / HTTP/1.1\r\nX-Glacis-Act: file.read " + path("data") +
              "\r\nHost: x\r\nx-glacis-act: task.nothing\r\n\r\n");
  EXPECT_EQ(status, 0) << "the server saw the request";
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("{\"act\":\"file.read\",\"ok\":true"), std::string::npos) << answer;
  EXPECT_NE(answer.find("{\"act\":\"task.nothing\",\"ok\":true"), std::string::npos) << answer;
}

TEST_F(Acts, InsideAServerOtherRequestsPass) {
  const auto [answer, status] = request("GET / HTTP/1.1\r\nX-Glacis: file.read\r\n\r\n");
  EXPECT_EQ(status, 3);
  EXPECT_EQ(answer, "");
}

}  // namespace
}  // namespace glacis::scenario
