// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/profile_fixture.h"

namespace glacis::profile {
namespace {

using diag::Code;

TEST(Resolve, HasSafeDefaults) {
  const Loaded loaded = load("");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_EQ(loaded.profile->name, "x");
  EXPECT_EQ(loaded.profile->mode, GL_MODE_OBSERVE);
  EXPECT_EQ(loaded.profile->on_violation, OnViolation::deny);
  EXPECT_EQ(loaded.profile->on_error, OnError::deny);
  EXPECT_TRUE(loaded.profile->rules.empty());
}

TEST(Resolve, ReadsSettings) {
  const Loaded loaded = load(
      "mode = \"enforce\"\non_violation = \"kill\"\non_error = \"allow\"\ndescription = \"d\"\n"
      "[attach]\nexec = \"/usr/sbin/x\"\nunit = [\"x.service\"]\n"
      "user = \"www-data\"\noci = { annotation = \"a.b=c\" }\n"
      "[[attach.control]]\npath = \"/usr/bin/kill\"\nto = \"unconfined\"\n"
      "[[attach.control]]\npath = \"/usr/bin/in\"\nto = \"profile\"\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_EQ(loaded.profile->mode, GL_MODE_ENFORCE);
  EXPECT_EQ(loaded.profile->on_violation, OnViolation::kill);
  EXPECT_EQ(loaded.profile->on_error, OnError::allow);
  EXPECT_EQ(loaded.profile->description, "d");
  EXPECT_EQ(loaded.profile->attach.exec, std::vector<std::string>{"/usr/sbin/x"});
  EXPECT_EQ(loaded.profile->attach.unit, std::vector<std::string>{"x.service"});
  EXPECT_EQ(loaded.profile->attach.oci, std::vector<std::string>{"a.b=c"});
  EXPECT_EQ(loaded.profile->attach.user, std::vector<std::string>{"www-data"});
  EXPECT_EQ(loaded.profile->attach.inside, std::vector<std::string>{"/usr/bin/in"});
  EXPECT_EQ(loaded.profile->attach.outside,
            (std::vector<std::string>{"/usr/bin/kill", "/usr/lib/systemd/systemd-executor"}));
  EXPECT_TRUE(loaded.has(Code::GL401));
}

TEST(Resolve, WhatAttachesIsMarkedByItsPath) {
  const Loaded loaded = load(
      "[attach]\nexec = \"/usr/sbin/x\"\nunit = \"x.service\"\n"
      "[[attach.control]]\npath = \"/usr/bin/kill\"\nto = \"unconfined\"\n"
      "[exec]\nallow = \"/usr/sbin/x\"\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_FALSE(loaded.has(Code::GL401));
  const auto rules = loaded.bodies<PathRule>();
  ASSERT_EQ(rules.size(), 4u);
  EXPECT_EQ(rules[0].glob, "/usr/sbin/x");
  EXPECT_EQ(rules[0].access,
            static_cast<std::uint32_t>(GL_FILE_ATTACH | GL_FILE_READ | GL_FILE_MAP_EXEC));
  EXPECT_EQ(rules[1].glob, "/usr/lib/systemd/systemd-executor");
  EXPECT_EQ(rules[2].access, static_cast<std::uint32_t>(GL_FILE_OUTSIDE));
}

TEST(Resolve, RefusesWhatCannotAttach) {
  const std::string unit = "[attach]\nunit = \"x.service\"\n";
  EXPECT_TRUE(load("[attach]\nunit = \"" + std::string(60, 'x') + ".service\"\n").has(Code::GL115));
  EXPECT_TRUE(load("[attach]\nexec = \"/a/" + std::string(63, 'x') + "\"\n").has(Code::GL207));
  EXPECT_TRUE(load("[attach]\nexec = \"/a/*\"\n").has(Code::GL206));
  EXPECT_TRUE(load("[attach]\nuser = \"root\"\n").has(Code::GL115));
  EXPECT_TRUE(load("[attach]\nuser = \"00\"\n").has(Code::GL115));
  EXPECT_TRUE(load("[attach]\nuser = \"a b\"\n").has(Code::GL115));
  EXPECT_TRUE(load(unit + "[[attach.control]]\npath = \"/x\"\n").has(Code::GL214));
  EXPECT_TRUE(load(unit + "[[attach.control]]\nto = \"profile\"\n").has(Code::GL214));
  EXPECT_TRUE(load("[[attach.control]]\npath = \"/x\"\nto = \"profile\"\n").has(Code::GL214));
  EXPECT_TRUE(load(unit + "exec = \"/x\"\n[[attach.control]]\npath = \"/x\"\nto = "
                          "\"unconfined\"\n")
                  .has(Code::GL215));
}

TEST(Resolve, NumbersRulesInOrderOfWriting) {
  // [capability] before [[file]], and one [[file]] with three paths.
  const Loaded loaded = load(
      "[capability]\nallow = [\"kill\", \"chown\"]\n"
      "[[file]]\npath = [\"/c\", \"/b\",\n \"/a\"]\naccess = [\"read\"]\n"
      "[exec]\nallow = \"/usr/bin/x\"\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const std::vector<Rule>& rules = loaded.profile->rules;
  ASSERT_EQ(rules.size(), 6u);
  for (std::size_t i = 0; i < rules.size(); ++i) EXPECT_EQ(rules[i].id, i + 1);
  EXPECT_EQ(std::get<CapabilityRule>(rules[0].body).capability, GL_CAP_KILL);
  EXPECT_EQ(std::get<PathRule>(rules[2].body).glob, "/c");
  EXPECT_EQ(std::get<PathRule>(rules[4].body).glob, "/a");
  EXPECT_EQ(rules[4].span, (diag::Span{0, 8, 2, 6}));
  EXPECT_EQ(std::get<PathRule>(rules[5].body).access,
            static_cast<std::uint32_t>(GL_FILE_EXECUTE | GL_FILE_INTERPRET | GL_FILE_MAP_EXEC |
                                       GL_FILE_READ));
}

TEST(Resolve, WriteImpliesAppendAndTruncate) {
  const Loaded loaded = load(
      "[[file]]\npath = \"/a\"\naccess = \"write\"\n[[file]]\npath = \"/b\"\naccess = "
      "\"append\"\n[[file]]\ndeny = \"/c\"\naccess = [\"write\"]\n[[file]]\ndeny = \"/d\"\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const auto rules = loaded.bodies<PathRule>();
  EXPECT_EQ(rules[0].access,
            static_cast<std::uint32_t>(GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_TRUNCATE));
  EXPECT_EQ(rules[1].access, static_cast<std::uint32_t>(GL_FILE_APPEND));
  EXPECT_EQ(rules[2].access, rules[0].access);
  EXPECT_TRUE(rules[2].deny);
  EXPECT_EQ(rules[3].access, static_cast<std::uint32_t>(GL_FILE_ALL));
}

TEST(Resolve, ReadsOwnersAndObjects) {
  const Loaded loaded = load(
      "[[file]]\npath = \"/a\"\naccess = \"read\"\nowner = \"self\"\n"
      "[[file]]\npath = \"/a\"\naccess = \"read\"\nowner = \"root\"\n"
      "[[file]]\nobject = [\"unlinked\", \"anonymous\"]\naccess = [\"read\", \"map_exec\"]\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_EQ(loaded.bodies<PathRule>()[0].owner, Owner::self);
  EXPECT_EQ(loaded.bodies<PathRule>()[1].owner, Owner::root);
  const auto endings = loaded.bodies<EndingRule>();
  ASSERT_EQ(endings.size(), 2u);
  EXPECT_EQ(endings[0].endings, std::vector<gl_ending>{GL_ENDING_UNLINKED});
  EXPECT_EQ(endings[1].access, static_cast<std::uint32_t>(GL_FILE_READ | GL_FILE_MAP_EXEC));
}

TEST(Resolve, MakesOneNetRuleOfEachProtocol) {
  const Loaded loaded = load(
      "[[net]]\nop = [\"bind\", \"connect\"]\ntcp = [443, \"8000-8100\"]\nudp = \"any\"\n"
      "to = [\"10.0.0.0/8\", \"::1\"]\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const auto rules = loaded.bodies<NetRule>();
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[0].sockets, std::vector<gl_socket>{GL_SOCKET_TCP});
  EXPECT_EQ(rules[0].ops, (std::vector<gl_net_op>{GL_NET_BIND, GL_NET_CONNECT}));
  ASSERT_EQ(rules[0].ports.size(), 2u);
  EXPECT_EQ(rules[0].ports[1].first, 8000);
  EXPECT_EQ(rules[0].ports[1].last, 8100);
  ASSERT_EQ(rules[0].addresses.size(), 2u);
  EXPECT_FALSE(rules[0].addresses[0].v6);
  EXPECT_EQ(rules[0].addresses[0].address[0], 10);
  EXPECT_EQ(rules[0].addresses[0].prefix, 8u);
  EXPECT_TRUE(rules[0].addresses[1].v6);
  EXPECT_EQ(rules[0].addresses[1].prefix, 128u);
  EXPECT_TRUE(rules[1].ports.empty());
  EXPECT_EQ(rules[1].ops, (std::vector<gl_net_op>{GL_NET_BIND, GL_NET_CONNECT, GL_NET_SEND}));
}

TEST(Resolve, DenyOfDatagramsHoldsConnectedOrNot) {
  const Loaded loaded = load("[[net]]\nop = \"send\"\nudp = \"any\"\ndeny = true\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_EQ(loaded.bodies<NetRule>()[0].ops, (std::vector<gl_net_op>{GL_NET_CONNECT, GL_NET_SEND}));
}

TEST(Resolve, DenyWithoutProtocolIsOneRuleForAll) {
  const Loaded loaded = load("[[net]]\nop = \"connect\"\nto = \"169.254.169.254\"\ndeny = true\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const auto rules = loaded.bodies<NetRule>();
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_TRUE(rules[0].deny);
  EXPECT_EQ(rules[0].sockets.size(), 8u);
}

TEST(Resolve, AnyAddressIsNoLimit) {
  const Loaded loaded = load(
      "[[net]]\nop = \"connect\"\ntcp = 1\nto = [\"10.0.0.0/8\", \"any\"]\n"
      "[[net]]\nop = \"connect\"\ntcp = 1\nto = [\"::ffff:10.0.0.0/104\"]\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_TRUE(loaded.bodies<NetRule>()[0].addresses.empty());
  const Cidr mapped = loaded.bodies<NetRule>()[1].addresses[0];
  EXPECT_FALSE(mapped.v6);
  EXPECT_EQ(mapped.address[0], 10);
  EXPECT_EQ(mapped.prefix, 8u);
}

TEST(Resolve, UnixNamesArePathRules) {
  const Loaded loaded = load(
      "[[net]]\nop = \"connect\"\nunix = [\"/run/x.sock\", \"@name*\"]\n"
      "[[net]]\nop = \"bind\"\nunix = \"/run/y.sock\"\n"
      "[[net]]\nop = \"connect\"\nunix = \"/run/z.sock\"\ndeny = true\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const auto paths = loaded.bodies<PathRule>();
  ASSERT_EQ(paths.size(), 4u);
  EXPECT_EQ(paths[0].access, static_cast<std::uint32_t>(GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND));
  EXPECT_EQ(paths[1].glob, "@name*");
  EXPECT_EQ(paths[2].access, static_cast<std::uint32_t>(GL_FILE_UNIX_BIND));
  EXPECT_TRUE(paths[3].deny);
  EXPECT_EQ(loaded.bodies<SocketRule>().size(), 2u);  // none for the deny
}

TEST(Resolve, AtIsNoPathInAFileRule) {
  EXPECT_TRUE(load("[[file]]\npath = \"@x\"\naccess = \"read\"\n").has(Code::GL202));
}

TEST(Resolve, WordsBecomeRules) {
  const Loaded loaded = load(
      "[memory]\nallow = [\"exec_anon\"]\n[kernel]\nallow = [\"io_uring\"]\n"
      "[[net]]\nsocket = [\"netlink_route\", \"unix\"]\n[capability]\ndeny = [\"sys_admin\"]\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_EQ(loaded.bodies<MemoryRule>()[0].access, static_cast<std::uint32_t>(GL_MEMORY_EXEC_ANON));
  EXPECT_EQ(loaded.bodies<KernelRule>()[0].access, static_cast<std::uint32_t>(GL_KERNEL_IO_URING));
  EXPECT_EQ(loaded.bodies<SocketRule>().size(), 2u);
  EXPECT_TRUE(loaded.bodies<CapabilityRule>()[0].deny);
}

TEST(Resolve, NumbersIncludesFirstAndDropInsLast) {
  MemoryFiles files;
  files.add("/p/a.toml", "schema = 1\ninclude = [\"b\"]\n[memory]\nallow = [\"exec_heap\"]\n");
  files.add("/p/b.toml", "schema = 1\n[memory]\nallow = [\"exec_anon\"]\n");
  files.add("/p/x.toml.d/20.toml", "schema = 1\n[memory]\nallow = [\"write_exec\"]\n");
  files.add("/p/x.toml.d/10.toml",
            "schema = 1\ninclude = [\"a\"]\n[profile]\nmode = \"audit\"\n"
            "[memory]\nallow = [\"exec_modified\"]\n");
  files.add("/p/x.toml.d/README", "not a drop-in");
  files.add("/p/x.toml.d/.hidden.toml", "nor this");
  Loaded loaded;
  load_into(loaded,
            "schema = 1\ninclude = [\"a\", \"b\"]\n[profile]\nname = \"x\"\nmode = \"enforce\"\n"
            "[memory]\nallow = [\"exec_stack\"]\n",
            &files);
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const auto rules = loaded.bodies<MemoryRule>();
  ASSERT_EQ(rules.size(), 5u);
  EXPECT_EQ(rules[0].access, static_cast<std::uint32_t>(GL_MEMORY_EXEC_ANON));
  EXPECT_EQ(rules[1].access, static_cast<std::uint32_t>(GL_MEMORY_EXEC_HEAP));
  EXPECT_EQ(rules[2].access, static_cast<std::uint32_t>(GL_MEMORY_EXEC_STACK));
  EXPECT_EQ(rules[3].access, static_cast<std::uint32_t>(GL_MEMORY_EXEC_MODIFIED));
  EXPECT_EQ(rules[4].access, static_cast<std::uint32_t>(GL_MEMORY_WRITE_EXEC));
  EXPECT_EQ(loaded.profile->mode, GL_MODE_AUDIT);
  const diag::Span span = loaded.profile->rules[0].span;
  EXPECT_EQ(loaded.profile->files.at(span.file), "/p/b.toml");
}

TEST(Resolve, RefusesMoreRulesThanIdsExist) {
  std::string body = "[[file]]\naccess = \"read\"\npath = [\n";
  for (int i = 0; i < 65536; ++i) body += "\"/" + std::to_string(i) + "\",\n";
  const Loaded loaded = load(body + "]\n");
  EXPECT_FALSE(loaded.profile);
  EXPECT_TRUE(loaded.has(Code::GL217));
}

TEST(Resolve, AProfileMayNarrowWhatItIncludes) {
  MemoryFiles files;
  files.add("/p/a.toml", "schema = 1\n[[file]]\npath = \"/srv/key\"\naccess = \"read\"\n");
  Loaded narrows;
  const std::string head = "schema = 1\ninclude = [\"a\"]\n[profile]\nname = \"x\"\n";
  load_into(narrows, head + "[[file]]\ndeny = \"/srv/**\"\n", &files);
  EXPECT_TRUE(narrows.profile) << narrows.text();
  Loaded contradicts;
  load_into(contradicts,
            head + "[[file]]\ndeny = \"/srv/**\"\n[[file]]\npath = \"/srv/x\"\naccess = \"read\"\n",
            &files);
  EXPECT_TRUE(contradicts.has(Code::GL204));
}

TEST(Resolve, PartlyRefusedIsNotDead) {
  const Loaded loaded = load(
      "[[file]]\ndeny = \"/a/**\"\naccess = \"write\"\n"
      "[[file]]\npath = \"/a/b\"\naccess = [\"read\", \"write\"]\n");
  EXPECT_TRUE(loaded.profile) << loaded.text();
}

TEST(Resolve, IsTheSameEveryTime) {
  const std::string body =
      "[vars]\nz = \"/z\"\na = [\"/a\", \"/b\"]\n[[file]]\npath = [\"${a}/x\", \"${z}/y\"]\n"
      "access = \"read\"\n[[net]]\nop = \"connect\"\ntcp = 1\nudp = 2\n";
  const Loaded first = load(body);
  const Loaded second = load(body);
  ASSERT_TRUE(first.profile && second.profile);
  ASSERT_EQ(first.profile->rules.size(), second.profile->rules.size());
  for (std::size_t i = 0; i < first.profile->rules.size(); ++i) {
    EXPECT_EQ(first.profile->rules[i].span, second.profile->rules[i].span);
    EXPECT_EQ(first.profile->rules[i].body.index(), second.profile->rules[i].body.index());
  }
}

}  // namespace
}  // namespace glacis::profile
