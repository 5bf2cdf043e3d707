// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manager/base/signals.h"
#include "manager/image/describe.h"
#include "manager/image/nearest.h"
#include "manager/image/sourcemap.h"
#include "tests/unit/built.h"

namespace glacis::image {
namespace {

TEST(SourceMap, ReadsBackWhatItWrote) {
  generate::Random random(5);
  const Built built(generate::profile(random, 50));
  const std::string json = to_json(built.image().source_map);
  const auto parsed = parse_source_map(json);
  ASSERT_TRUE(parsed) << parsed.error().what;
  EXPECT_EQ(*parsed, built.image().source_map);
  EXPECT_EQ(to_json(*parsed), json);
}

TEST(SourceMap, DamageIsAnError) {
  const std::string json = to_json(reading({"/a", "/b"}).image().source_map);
  for (std::size_t size = 0; size + 2 < json.size(); ++size)
    EXPECT_FALSE(parse_source_map(std::string_view(json).substr(0, size))) << size;
  EXPECT_FALSE(parse_source_map("[]"));
  EXPECT_FALSE(parse_source_map(R"({"schema":"glacis.sourcemap/2"})"));
}

TEST(SourceMap, Places) {
  const Built built = reading({"/a", "/b"});
  EXPECT_EQ(built.image().source_map.place(2), "globs.toml:2");
  EXPECT_EQ(built.image().source_map.place(9), "rule 9");
}

TEST(SourceMap, SaysWhoIsToldAndWhatIsBenign) {
  auto profile = profile_with({profile::CapabilityRule{GL_CAP_KILL}});
  profile.contact = {"team \"web\"", "high", "https://example.org/run"};
  profile.benign = {{{"capable"}, {}, {"sys_admin"}, "web", "tries it first", "2999-01-01"}};
  const SourceMap map = make_source_map(profile, {});
  const auto parsed = parse_source_map(to_json(map));
  ASSERT_TRUE(parsed) << parsed.error().what;
  EXPECT_EQ(*parsed, map);
  EXPECT_FALSE(parse_source_map(R"({"schema":"glacis.sourcemap/1","profile":"x","image":")" +
                                std::string(64, '0') + R"(","benign":[{}],"rules":[]})"));
}

TEST(SourceMap, NamesThePeer) {
  const Built built(profile_with({profile::ProcessRule{"web", GL_TASK_TRACE}}));
  const auto parsed = parse_source_map(to_json(built.image().source_map));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->rules[0].kind, "process");
  EXPECT_EQ(parsed->rules[0].peer, "web");
}

TEST(Describe, Rules) {
  using namespace profile;
  EXPECT_EQ(describe(PathRule{"/a", GL_FILE_READ | GL_FILE_WRITE, Owner::self}),
            "file read,write /a owner self");
  EXPECT_EQ(describe(PathRule{"/a", GL_FILE_READ, Owner::any, true}), "deny file read /a");
  EXPECT_EQ(describe(PathRule{"@x", GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND}),
            "unix connect,send @x");
  EXPECT_EQ(describe(NetRule{{GL_NET_CONNECT}, {GL_SOCKET_TCP}, {{false, {10}, 8}}, {{80, 80}}}),
            "net connect tcp to 10.0.0.0/8 port 80");
  EXPECT_EQ(describe(CapabilityRule{GL_CAP_KILL, true}), "deny capability kill");
  EXPECT_EQ(describe(EndingRule{{GL_ENDING_UNLINKED}, GL_FILE_READ}), "file read if unlinked");
  EXPECT_EQ(describe(SocketRule{{GL_SOCKET_PACKET}}), "socket packet");
  EXPECT_EQ(describe(MemoryRule{GL_MEMORY_EXEC_ANON}), "memory exec_anon");
  EXPECT_EQ(describe(KernelRule{GL_KERNEL_IO_URING}), "kernel io_uring");
  EXPECT_EQ(describe(PathRule{"/a", GL_FILE_ALL, Owner::any, true}), "deny file every access /a");
  EXPECT_EQ(describe(ProcessRule{"self", GL_TASK_SIGNAL | GL_TASK_INSPECT, every_signal}),
            "process signal,inspect self");
  EXPECT_EQ(describe(ProcessRule{"web", GL_TASK_SIGNAL, 1u << 14 | 1u, true}),
            "deny process signal web signals hup,term");
}

TEST(Nearest, LongestCommonDirectoriesThenAccess) {
  const auto profile = profile_with({
      profile::PathRule{"/usr/lib/**", GL_FILE_READ},
      profile::PathRule{"/usr/sbin/nginx", GL_FILE_EXECUTE},
      profile::PathRule{"/var/log/nginx/*.log", GL_FILE_APPEND},
      profile::PathRule{"/var/log/**", GL_FILE_READ},
      profile::PathRule{"@app/*", GL_FILE_UNIX_CONNECT},
  });
  const SourceMap map = make_source_map(profile, {});
  EXPECT_EQ(nearest(map, "/usr/bin/dash", GL_FILE_EXECUTE), 2);
  EXPECT_EQ(nearest(map, "/usr/bin/dash", GL_FILE_READ), 1);
  EXPECT_EQ(nearest(map, "/var/log/nginx/x", GL_FILE_READ), 3);
  EXPECT_EQ(nearest(map, "/var/log/syslog", GL_FILE_READ), 4);
  EXPECT_EQ(nearest(map, "/etc/shadow", GL_FILE_READ), std::nullopt);
  EXPECT_EQ(nearest(map, "@app2", GL_FILE_UNIX_CONNECT), 5);
  EXPECT_EQ(nearest(map, "@zzz", GL_FILE_UNIX_CONNECT), std::nullopt);
}

}  // namespace
}  // namespace glacis::image
