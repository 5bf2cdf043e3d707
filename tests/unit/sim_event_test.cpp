// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manager/sim/event.h"
#include "tests/unit/generate.h"

namespace glacis::sim {
namespace {

Request parsed(std::string_view text) {
  const auto request = parse_event(text);
  EXPECT_TRUE(request) << text << ": " << request.error().what;
  return request ? *request : Request{};
}

TEST(Event, Text) {
  EXPECT_EQ(parsed("file read /etc/shadow"), Request(FileRequest{"/etc/shadow", GL_FILE_READ}));
  EXPECT_EQ(
      parsed("file read,write owner=self,root /a b"),
      Request(FileRequest{"/a b", GL_FILE_READ | GL_FILE_WRITE, GL_OWNER_SELF | GL_OWNER_ROOT}));
  EXPECT_EQ(parsed("file map_exec ending=anonymous"),
            Request(FileRequest{"", GL_FILE_MAP_EXEC, 0, GL_ENDING_ANONYMOUS}));
  EXPECT_EQ(parsed("exec /bin/sh"), Request(ExecRequest{"/bin/sh"}));
  EXPECT_EQ(parsed("exec unsafe owner=self /bin/sh"),
            Request(ExecRequest{"/bin/sh", GL_OWNER_SELF, GL_ENDING_ROOTED, true}));
  EXPECT_EQ(parsed("unix connect /run/x.sock"),
            Request(FileRequest{"/run/x.sock", GL_FILE_UNIX_CONNECT}));
  EXPECT_EQ(parsed("unix bind,send @x"),
            Request(FileRequest{"@x", GL_FILE_UNIX_BIND | GL_FILE_UNIX_SEND}));
  EXPECT_EQ(parsed("net connect tcp 10.0.0.1:80"),
            Request(NetRequest{GL_NET_CONNECT, GL_SOCKET_TCP, false, {0x0a000001}, 80}));
  EXPECT_EQ(parsed("net send udp [2001:db8::1]:53"),
            Request(NetRequest{GL_NET_SEND, GL_SOCKET_UDP, true, {0x20010db8, 0, 0, 1}, 53}));
  EXPECT_EQ(parsed("socket packet"), Request(SocketRequest{GL_SOCKET_PACKET}));
  EXPECT_EQ(parsed("cap sys_admin"), Request(CapabilityRequest{GL_CAP_SYS_ADMIN}));
  EXPECT_EQ(parsed("  capability   kill "), Request(CapabilityRequest{GL_CAP_KILL}));
  EXPECT_EQ(parsed("memory exec_anon"), Request(MemoryRequest{GL_MEMORY_EXEC_ANON}));
  EXPECT_EQ(parsed("kernel io_uring"), Request(KernelRequest{GL_KERNEL_IO_URING}));
  EXPECT_EQ(parsed("task signal self term"), Request(TaskRequest{"self", GL_TASK_SIGNAL, 15}));
  EXPECT_EQ(parsed("task signal php-fpm 33"), Request(TaskRequest{"php-fpm", GL_TASK_SIGNAL, 33}));
  EXPECT_EQ(parsed("task trace unconfined"), Request(TaskRequest{"unconfined", GL_TASK_TRACE}));
}

TEST(Event, Json) {
  EXPECT_EQ(parsed(R"({"class":"file","access":["read","write"],"path":"/x","owner":"self"})"),
            Request(FileRequest{"/x", GL_FILE_READ | GL_FILE_WRITE, GL_OWNER_SELF}));
  EXPECT_EQ(parsed(R"({"class":"file","access":"read","ending":"unlinked"})"),
            Request(FileRequest{"", GL_FILE_READ, 0, GL_ENDING_UNLINKED}));
  EXPECT_EQ(parsed(R"({"class":"net","op":"bind","socket":"tcp","address":"::","port":443})"),
            Request(NetRequest{GL_NET_BIND, GL_SOCKET_TCP, true, {}, 443}));
  EXPECT_EQ(parsed(R"({"class":"capability","capability":"bpf"})"),
            Request(CapabilityRequest{GL_CAP_BPF}));
  EXPECT_EQ(parsed(R"({"class":"task","access":"signal","peer":"web","signal":"rtmin+1"})"),
            Request(TaskRequest{"web", GL_TASK_SIGNAL, 35}));
  EXPECT_EQ(parsed(R"({"class":"task","access":"signal","peer":"web","signal":9})"),
            Request(TaskRequest{"web", GL_TASK_SIGNAL, 9}));
  EXPECT_EQ(parsed(R"({"class":"task","access":"schedule","peer":"self"})"),
            Request(TaskRequest{"self", GL_TASK_SCHEDULE}));
}

TEST(Event, Mistakes) {
  for (const char* text :
       {"",
        "file",
        "file read",
        "file read etc/shadow",
        "file reed /x",
        "file read /a/../b",
        "file read /a/",
        "file read //",
        "file read ending=unlinked /x",
        "file read owner=me /x",
        "net connect tcp 10.0.0.1",
        "net connect tcp 10.0.0.1:70000",
        "net connect tcp ::1:80",
        "net connect unix 10.0.0.1:80",
        "net create tcp 10.0.0.1:80",
        "net connect tcp 1.2.3:80",
        "cap sys_admim",
        "socket packet raw",
        "task",
        "task signal",
        "task signal self",
        "task signal self 0",
        "task signal self 65",
        "task signal self trem",
        "task signal self term now",
        "task signal any term",
        "task inspect self term",
        "task signal,trace self term",
        R"({"class":"task","access":"signal","peer":"self","signal":true})",
        R"({"class":"task","access":"inspect"})",
        "nonsense x",
        "{",
        "{}",
        "[]",
        R"({"class":"file","access":[1],"path":"/x"})",
        R"({"class":"net","op":"bind","socket":"tcp","address":"::","port":-1})"})
    EXPECT_FALSE(parse_event(text)) << text;
  EXPECT_NE(parse_event("cap sys_admim").error().what.find("did you mean \"sys_admin\""),
            std::string::npos);
  EXPECT_NE(parse_event("task signal self trem").error().what.find("did you mean \"term\""),
            std::string::npos);
  EXPECT_NE(parse_event("fil read /x").error().what.find("did you mean \"file\""),
            std::string::npos);
}

TEST(Event, TextReadsBack) {
  generate::Random random(3);
  const auto profile = generate::profile(random, 30);
  for (int i = 0; i < 2000; ++i) {
    const Request request = generate::request(random, profile);
    const auto again = parse_event(to_text(request));
    if (!again) continue;  // a path with "." or ".." as a name, which no walk yields
    EXPECT_EQ(*again, request) << to_text(request);
  }
}

TEST(Event, Blockers) {
  EXPECT_EQ(blocker_text(parsed("file read,write /x"), {GL_DENY, 2, 0, GL_FILE_WRITE}),
            "file.write");
  EXPECT_EQ(blocker_text(parsed("net connect tcp 1.1.1.1:1"), {}), "net.connect");
  EXPECT_EQ(blocker_text(parsed("cap kill"), {}), "capability.kill");
  EXPECT_EQ(blocker_text(parsed("socket raw"), {}), "net.create");
  EXPECT_EQ(blocker_text(parsed("task signal self term"), {}), "task.signal");
}

}  // namespace
}  // namespace glacis::sim
