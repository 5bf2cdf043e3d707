// SPDX-License-Identifier: Apache-2.0
// System calls: what strace saw, what code has, and the list of both.
#include "learn_fixture.h"
#include "manager/learn/calls.h"

namespace glacis::learn {
namespace {

using Names = std::set<std::string>;

TEST(Calls, StraceInItsForms) {
  const auto got = parse_trace(
      "execve(\"/bin/x\", [\"x\"], 0x7ffc /* 12 vars */) = 0\n"
      "[pid  4711] read(3, \"\", 10) = 0\n"
      "4712 openat(AT_FDCWD, \"write(\", O_RDONLY) = 3\n"
      "4712 10:01:02.123456 close(3) = 0\n"
      "4713 <... wait4 resumed>NULL) = 1\n"
      "--- SIGCHLD {si_signo=SIGCHLD} ---\n"
      "+++ exited with 0 +++\n"
      "strace: Process 4713 attached\n");
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(*got, (Names{"close", "execve", "openat", "read", "wait4"}));
}

TEST(Calls, StracesTable) {
  const auto got = parse_trace(
      "% time     seconds  usecs/call     calls    errors syscall\n"
      "------ ----------- ----------- --------- --------- ----------------\n"
      " 60.00    0.000012           1        12         2 openat\n"
      " 40.00    0.000008           1         8           mmap\n"
      "------ ----------- ----------- --------- --------- ----------------\n"
      "100.00    0.000020           1        20         2 total\n");
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(*got, (Names{"mmap", "openat"}));
}

// A path that a process chose is not taken for a call, nor is a word.
TEST(Calls, WhatIsNoTrace) {
  for (const char* text : {"", "hello\n", "1 \x1b[31mread\n", "nosuchcall(1) = 0\n", "total\n"})
    EXPECT_FALSE(parse_trace(text).has_value()) << text;
}

CallList list() {
  CallList out;
  elf::StaticCalls code;
  code.calls[0] = {{"/lib/libc.so.6", "read", 1}};
  code.calls[41] = {{"/lib/libc.so.6", "socket", 2}};
  code.calls[100'000] = {{"/lib/libc.so.6", "odd", 3}};
  add_static(out, code);
  add_observed(out, {"read", "close"});
  return out;
}

TEST(Calls, EachSaysWhereItComesFrom) {
  const CallList of = list();
  ASSERT_EQ(of.calls.size(), 3u);
  EXPECT_EQ(of.observed(), 2u);
  EXPECT_EQ(of.calls[0].name, "close");
  EXPECT_TRUE(of.calls[0].observed && of.calls[0].places.empty());
  EXPECT_TRUE(of.calls[1].observed && of.calls[1].places.size() == 1);
  EXPECT_FALSE(of.calls[2].observed);
  ASSERT_EQ(of.unresolved.size(), 1u);
  EXPECT_EQ(of.unresolved[0].why, "call 100000, which has no name here");
}

TEST(Calls, TheListOfADropIn) {
  EXPECT_EQ(calls_toml(list()),
            "\n# The list may lack calls: 1 places of the code could not be read.\n"
            "#   /lib/libc.so.6 odd: call 100000, which has no name here\n"
            "[syscalls]\nallow = [\n  # observed\n  \"close\", \"read\",\n"
            "  # static: in the code of the programs, or their libraries\n  \"socket\",\n"
            "  # starts the program\n  \"execve\",\n]\n");
  EXPECT_EQ(calls_toml({}), "");
}

// The names of files and functions are anybody's: no line of a comment ends in them.
TEST(Calls, CommentsAreOneLine) {
  CallList of;
  of.unresolved.push_back({{"/a\n[exec]", "f\n", 0}, "x\ny"});
  add_observed(of, {"read"});
  const std::string text = calls_toml(of);
  EXPECT_EQ(text.find("\n[exec]"), std::string::npos) << text;
}

TEST(Calls, ProgramsOfARecording) {
  const Recording of = recording({{"file execute /usr/bin/id", "file read /etc/hosts"}});
  EXPECT_EQ(programs_of(of), (std::vector<std::string>{"/usr/bin/id", "/usr/sbin/web"}));
}

}  // namespace
}  // namespace glacis::learn
