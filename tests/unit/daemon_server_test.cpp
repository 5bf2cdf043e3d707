// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "manager/daemon/server.h"
#include "tests/unit/daemon_fixture.h"

namespace glacis::daemon {
namespace {

using namespace std::chrono_literals;

class DaemonServer : public ::testing::Test {
 protected:
  Server make(Limits limits = {}) {
    return {[this](ClientId id, const Peer&, const Call& call) {
              calls.push_back(call.method);
              last = id;
              if (call.method == "Wait") return Answer{{}, Answer::Then::waits, {}};
              if (call.method == "Stream") return Answer{{}, Answer::Then::stream, "a"};
              return Answer{reply({{"said", call.method}}), Answer::Then::done, {}};
            },
            clock, limits};
  }
  static Fd connect(Server& server, uid_t uid = 1000) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    server.add(Fd(ends[0]), {1, uid, {}});
    return Fd(ends[1]);
  }
  static void turn(Server& server, int times = 1) {
    for (int i = 0; i < times; ++i) {
      std::vector<pollfd> waited;
      server.wants(waited);
      ::poll(waited.data(), waited.size(), 0);
      server.serve(waited);
    }
  }
  static void say(const Fd& fd, const std::string& bytes) {
    EXPECT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  static std::string asked(const std::string& method) {
    return R"({"method":"x.)" + method + "\"}" + '\0';
  }
  // What came, and "END" where the connection was closed.
  static std::string heard(const Fd& fd) {
    std::string out;
    char buffer[65536];
    for (;;) {
      const ssize_t got = ::recv(fd.get(), buffer, sizeof buffer, 0);
      if (got < 0) return out;
      if (got == 0) return out + "END";
      out.append(buffer, static_cast<std::size_t>(got));
    }
  }

  FakeClock clock;
  std::vector<std::string> calls;
  ClientId last = 0;
};

TEST_F(DaemonServer, OneCallATurn) {
  Server server = make();
  const Fd client = connect(server);
  say(client, asked("A") + asked("B"));
  turn(server);
  EXPECT_EQ(calls, std::vector<std::string>{"A"});
  EXPECT_TRUE(server.pending());
  turn(server);
  EXPECT_EQ(calls, (std::vector<std::string>{"A", "B"}));
  EXPECT_FALSE(server.pending());
  EXPECT_EQ(heard(client), reply({{"said", "A"}}) + reply({{"said", "B"}}));
}

TEST_F(DaemonServer, GarbageIsAnsweredAndEnds) {
  Server server = make();
  const Fd client = connect(server), other = connect(server);
  say(client, std::string("garbage\0", 8));
  say(other, asked("A"));
  turn(server, 2);
  const std::string answer = heard(client);
  EXPECT_NE(answer.find("org.glacis.control.BadMessage"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("END"));
  EXPECT_EQ(heard(other), reply({{"said", "A"}}));
  EXPECT_EQ(server.size(), 1u);
}

TEST_F(DaemonServer, MessageWithoutEndIsNotKept) {
  Server server = make();
  const Fd client = connect(server);
  for (int i = 0; i < 8; ++i) {
    (void)::send(client.get(), std::string(4096, 'x').data(), 4096, MSG_NOSIGNAL);
    turn(server);
  }
  EXPECT_TRUE(heard(client).ends_with("END"));
  EXPECT_EQ(server.size(), 0u);
}

TEST_F(DaemonServer, HangingClientsAreEndedInTime) {
  Server server = make();
  const Fd half = connect(server), silent = connect(server);
  say(half, "{\"method\"");
  turn(server);
  clock.time += 5s;
  say(half, ":");  // slowly does not help
  turn(server);
  clock.time += 5s;
  server.expire();
  EXPECT_TRUE(heard(half).ends_with("END"));
  EXPECT_EQ(server.size(), 1u);
  ASSERT_TRUE(server.next());
  clock.time = *server.next();
  server.expire();
  EXPECT_EQ(server.size(), 0u);
}

TEST_F(DaemonServer, FloodsAreBounded) {
  Limits limits;
  limits.clients = 8;
  limits.clients_each = 3;
  limits.kept_for_root = 2;
  Server server = make(limits);
  std::vector<Fd> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(connect(server, 1000));
  const Fd more = connect(server, 1000);
  EXPECT_EQ(heard(more), error_reply("org.glacis.control.TooManyClients", Json::object()) + "END");
  for (int i = 0; i < 3; ++i) clients.push_back(connect(server, 1001));
  EXPECT_TRUE(heard(connect(server, 1002)).ends_with("END"));
  const Fd root = connect(server, 0);
  EXPECT_EQ(server.size(), 7u);
  for (const Fd& client : clients)
    for (int i = 0; i < 50; ++i) say(client, asked("Flood"));
  say(root, asked("A"));
  turn(server, 2);
  EXPECT_EQ(heard(root), reply({{"said", "A"}}));  // whatever the others do
}

TEST_F(DaemonServer, AnswerThatComesLater) {
  Server server = make();
  const Fd client = connect(server);
  say(client, asked("Wait"));
  turn(server);
  clock.time += 1h;
  server.expire();
  EXPECT_EQ(heard(client), "");
  server.finish(last + 1, reply({}));  // who has gone
  server.finish(last, reply({{"done", true}}));
  EXPECT_EQ(heard(client), reply({{"done", true}}));
}

TEST_F(DaemonServer, StreamLosesWhatIsNotTakenAndSaysSo) {
  Limits limits;
  limits.unsent = 4096;
  Server server = make(limits);
  const Fd client = connect(server);
  const int small = 4096;
  ::setsockopt(client.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  say(client, asked("Stream"));
  turn(server);
  EXPECT_TRUE(server.has_streams());
  server.publish({{"n", 0}}, "b");  // not its domain
  EXPECT_EQ(heard(client), "");
  const std::string padding(500, 'x');
  for (int i = 0; i < 5000; ++i) server.publish({{"n", i}, {"padding", padding}}, "a");
  std::string all = heard(client);
  turn(server);
  all += heard(client);
  turn(server);
  server.publish({{"n", 5000}}, "");
  all += heard(client);
  EXPECT_NE(all.find("{\"n\":5000}"), std::string::npos);
  const auto lost = all.rfind("\"lost\":");
  EXPECT_GT(std::stoi(all.substr(lost + 7)), 0);
}

TEST_F(DaemonServer, StreamThatIsNotReadIsEnded) {
  Limits limits;
  limits.unsent = 4096;
  Server server = make(limits);
  const Fd client = connect(server);
  say(client, asked("Stream"));
  turn(server);
  for (int i = 0; i < 5000; ++i) server.publish({{"padding", std::string(500, 'x')}}, "a");
  clock.time += 11s;
  server.expire();
  EXPECT_EQ(server.size(), 0u);
}

TEST_F(DaemonServer, GoneClientsAreForgotten) {
  Server server = make();
  Fd waiting = connect(server), idle = connect(server);
  say(waiting, asked("Wait"));
  turn(server);
  waiting.reset();
  idle.reset();
  turn(server);
  EXPECT_EQ(server.size(), 0u);
}

}  // namespace
}  // namespace glacis::daemon
