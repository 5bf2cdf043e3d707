// SPDX-License-Identifier: Apache-2.0
// [[process]]: other tasks.
#include "manager/base/signals.h"
#include "manager/profile/diff.h"
#include "manager/profile/words.h"
#include "tests/unit/profile_fixture.h"

namespace glacis::profile {
namespace {

using diag::Code;

std::string rule_block(const std::string& peer, const std::string& rest) {
  return "[[process]]\npeer = " + peer + "\n" + rest + "\n";
}

TEST(Process, MakesOneRuleOfEachPeer) {
  const Loaded loaded =
      load(rule_block("[\"self\", \"php-fpm\"]", "access = [\"signal\", \"inspect\"]"));
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const auto rules = loaded.bodies<ProcessRule>();
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[0].peer, "self");
  EXPECT_EQ(rules[1].peer, "php-fpm");
  EXPECT_EQ(rules[1].access, static_cast<std::uint32_t>(GL_TASK_SIGNAL | GL_TASK_INSPECT));
  EXPECT_EQ(rules[1].signals, every_signal);
  EXPECT_FALSE(rules[1].deny);
  EXPECT_EQ(loaded.profile->rules[1].span, (diag::Span{0, 5, 17, 26}));
}

// A socket can't be reached without one to reach it with.
TEST(Process, WhoListensComesWithASocket) {
  const auto rules = [](const std::string& rest) {
    const Loaded loaded = load("[[net]]\nop = \"connect\"\npeer = [\"web\", \"self\"]\n" + rest);
    EXPECT_TRUE(loaded.profile) << loaded.text();
    return std::pair(loaded.bodies<ProcessRule>(), loaded.bodies<SocketRule>());
  };
  const auto [granted, sockets] = rules("");
  ASSERT_EQ(granted.size(), 2u);
  EXPECT_EQ(granted[0].peer, "web");
  EXPECT_EQ(granted[1].access, static_cast<std::uint32_t>(GL_TASK_CONNECT));
  ASSERT_EQ(sockets.size(), 2u);
  EXPECT_EQ(sockets[0].sockets, std::vector{GL_SOCKET_UNIX});
  const auto [refused, none] = rules("deny = true\n");
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_TRUE(refused[0].deny);
  EXPECT_TRUE(none.empty());
}

TEST(Process, WhoListensIsABlockOfItsOwn) {
  const std::string peer = "[[net]]\npeer = \"web\"\n";
  EXPECT_TRUE(load(peer).has(Code::GL214));
  for (const char* other : {"unix = \"/x\"", "to = \"any\"", "tcp = 80", "socket = \"unix\""})
    EXPECT_TRUE(load(peer + "op = \"connect\"\n" + other + "\n").has(Code::GL215)) << other;
  for (const char* op : {"\"bind\"", "\"send\"", "[\"connect\", \"bind\"]"})
    EXPECT_TRUE(load(peer + "op = " + op + "\n").has(Code::GL216)) << op;
  EXPECT_TRUE(load("[[net]]\nop = \"connect\"\npeer = \"a/b\"\n").has(Code::GL115));
  EXPECT_TRUE(load(rule_block("\"web\"", "access = \"connect\"")).has(Code::GL201));
}

TEST(Process, SignalsAreASet) {
  const Loaded loaded = load(
      rule_block("\"any\"", "access = \"signal\"\nsignals = [\"term\", \"rtmin+1\", 1, \"33\"]") +
      rule_block("\"self\"", "access = \"signal\"\nsignals = \"hup\"") +
      rule_block("\"web\"", "access = \"signal\"\nsignals = 9"));
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const auto rules = loaded.bodies<ProcessRule>();
  EXPECT_EQ(rules[0].signals, signal_bit(15) | signal_bit(35) | signal_bit(1) | signal_bit(33));
  EXPECT_EQ(rules[1].signals, signal_bit(1));
  EXPECT_EQ(rules[2].signals, signal_bit(9));
}

TEST(Process, NoSignalsWithoutTheirAccess) {
  const Loaded loaded = load(rule_block("\"self\"", "access = \"trace\""));
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_EQ(loaded.bodies<ProcessRule>()[0].signals, 0u);
  EXPECT_TRUE(load(rule_block("\"self\"", "access = \"trace\"\nsignals = 9")).has(Code::GL214));
  EXPECT_TRUE(load(rule_block("\"self\"", "deny = true\nsignals = 9")).has(Code::GL214));
}

TEST(Process, ADenyWithoutAccessIsOfAll) {
  const Loaded loaded = load(rule_block("\"unconfined\"", "deny = true"));
  ASSERT_TRUE(loaded.profile) << loaded.text();
  const ProcessRule rule = loaded.bodies<ProcessRule>()[0];
  EXPECT_TRUE(rule.deny);
  EXPECT_EQ(rule.access, process_accesses);
  EXPECT_EQ(rule.signals, every_signal);
}

TEST(Process, TheWordsAreNoNamesOfProfiles) {
  for (const char* word : {"self", "unconfined", "any"}) {
    Loaded loaded;
    load_into(loaded, std::string("schema = 1\n[profile]\nname = \"") + word + "\"\n");
    EXPECT_TRUE(loaded.has(Code::GL115)) << word;
  }
  EXPECT_TRUE(load(rule_block("\"a/b\"", "access = \"trace\"")).has(Code::GL115));
  EXPECT_TRUE(load(rule_block("\"\"", "access = \"trace\"")).has(Code::GL115));
}

TEST(Process, ASlipIsToldFromAName) {
  for (const char* peer : {"Self", "sefl", "ANY", "unconfind", "uncofnined", "Unconfined"})
    EXPECT_TRUE(
        load(rule_block("\"" + std::string(peer) + "\"", "access = \"inspect\"")).has(Code::GL306))
        << peer;
  for (const char* peer : {"shell", "web", "db", "many", "redis", "confined-web"})
    EXPECT_FALSE(
        load(rule_block("\"" + std::string(peer) + "\"", "access = \"inspect\"")).has(Code::GL306))
        << peer;
}

TEST(Process, TracingUnconfinedTasksIsWarnedOf) {
  EXPECT_TRUE(load(rule_block("\"any\"", "access = \"trace\"")).has(Code::GL307));
  EXPECT_TRUE(load(rule_block("\"unconfined\"", "access = \"trace\"")).has(Code::GL307));
  EXPECT_FALSE(load(rule_block("\"unconfined\"", "access = \"inspect\"")).has(Code::GL307));
  EXPECT_FALSE(load(rule_block("\"web\"", "access = \"trace\"")).has(Code::GL307));
  EXPECT_FALSE(load(rule_block("\"any\"", "access = \"trace\"") +
                    rule_block("\"unconfined\"", "access = \"trace\"\ndeny = true"))
                   .has(Code::GL307));
}

TEST(Process, AGrantBelowADenyIsDead) {
  const std::string grant =
      rule_block("\"web\"", "access = \"signal\"\nsignals = [\"term\", \"hup\"]");
  const auto dead = [&](const std::string& deny) { return load(grant + deny).has(Code::GL204); };
  EXPECT_TRUE(dead(rule_block("\"any\"", "deny = true")));
  EXPECT_TRUE(dead(rule_block("\"web\"", "deny = true\naccess = \"signal\"")));
  EXPECT_FALSE(dead(rule_block("\"web\"", "deny = true\naccess = \"trace\"")));
  EXPECT_FALSE(dead(rule_block("\"web\"", "deny = true\naccess = \"signal\"\nsignals = \"term\"")));
  EXPECT_FALSE(dead(rule_block("\"db\"", "deny = true")));
}

TEST(Process, AProfileMayNarrowAnAbstraction) {
  MemoryFiles files;
  files.add("/p/a.toml", "schema = 1\n" + rule_block("\"self\"", "access = \"signal\""));
  Loaded narrows;
  load_into(narrows,
            "schema = 1\ninclude = \"a\"\n[profile]\nname = \"x\"\n" +
                rule_block("\"self\"", "deny = true"),
            &files);
  EXPECT_TRUE(narrows.profile) << narrows.text();
}

TEST(Process, WrittenTwice) {
  const std::string one = rule_block("\"web\"", "access = \"signal\"");
  EXPECT_TRUE(load(one + one).has(Code::GL205));
  EXPECT_TRUE(load(rule_block("[\"web\", \"web\"]", "access = \"trace\"")).has(Code::GL205));
  EXPECT_FALSE(load(one + rule_block("\"web\"", "access = \"inspect\"")).has(Code::GL205));
  EXPECT_FALSE(
      load(one + rule_block("\"web\"", "access = \"signal\"\nsignals = \"hup\"")).has(Code::GL205));
}

TEST(Process, NoMoreThanTheCoreLooksAt) {
  const auto peers = [](unsigned count) {
    std::string list;
    for (unsigned i = 0; i < count; ++i) list += "\"p" + std::to_string(i) + "\",";
    return rule_block("[" + list + "]", "access = \"inspect\"");
  };
  EXPECT_TRUE(load(peers(64)).profile);
  const Loaded more = load(peers(65));
  EXPECT_FALSE(more.profile);
  EXPECT_TRUE(more.has(Code::GL217));
}

std::string process_diff(const std::string& before, const std::string& after) {
  const Loaded a = load(before);
  const Loaded b = load(after);
  EXPECT_TRUE(a.profile && b.profile) << a.text() << b.text();
  return a.profile && b.profile ? diff_text(diff(*a.profile, *b.profile)) : "";
}

TEST(Process, DifferencesByAccessAndPeer) {
  EXPECT_EQ(process_diff(rule_block("\"web\"", "access = [\"inspect\", \"schedule\"]"),
                         rule_block("\"web\"", "access = \"schedule\"") +
                             rule_block("\"web\"", "access = \"trace\"")),
            "- process inspect web  [narrower]  (/p/x.toml:5)\n"
            "+ process trace web  [wider]  (/p/x.toml:8)\n");
  EXPECT_EQ(process_diff(rule_block("\"web\"", "access = \"signal\"\nsignals = \"term\""),
                         rule_block("\"web\"", "access = \"signal\"")),
            "~ process signal web: term -> every signal  [wider]  (/p/x.toml:5)\n");
  EXPECT_EQ(process_diff(rule_block("\"web\"", "access = \"signal\"\nsignals = [1, 15]"),
                         rule_block("\"web\"", "access = \"signal\"\nsignals = \"term\"") +
                             rule_block("\"web\"", "access = \"signal\"\nsignals = \"hup\"")),
            "");
  EXPECT_EQ(process_diff("", rule_block("\"any\"", "deny = true\naccess = \"trace\"")),
            "+ deny process trace any  [narrower]  (/p/x.toml:5)\n");
}

}  // namespace
}  // namespace glacis::profile
