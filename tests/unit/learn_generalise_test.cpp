// SPDX-License-Identifier: Apache-2.0
// Which names become patterns, and above all which do not.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "learn_fixture.h"
#include "lsm/abi/access.h"
#include "manager/learn/addresses.h"
#include "manager/learn/generalise.h"
#include "manager/learn/shape.h"
#include "manager/learn/tiers.h"
#include "manager/learn/tree.h"
#include "manager/profile/glob.h"

namespace glacis::learn {
namespace {

constexpr std::uint32_t kRead = GL_FILE_READ;
constexpr std::uint32_t kMake = GL_FILE_READ | GL_FILE_WRITE | GL_FILE_CREATE | GL_FILE_RENAME;

std::vector<SeenPath> seen(std::initializer_list<std::string> paths, std::uint32_t access,
                           std::set<std::size_t> runs = {0}) {
  std::vector<SeenPath> out;
  for (const std::string& path : paths) out.push_back({path, access, runs});
  return out;
}

std::vector<std::string> globs(const std::vector<SeenPath>& given) {
  Work work;
  std::vector<std::string> out;
  for (const PathGroup& group : generalise(given, {}, work)) out.push_back(group.glob);
  return out;
}

using Globs = std::vector<std::string>;

TEST(Shape, WhatVariesIsAPatternAndTheRestIsQuoted) {
  const std::map<std::string, std::string> forms = {
      {"redis.conf", "redis.conf"},
      {"temp-1234.rdb", "temp-[0-9]*.rdb"},
      {"appendonly.aof.1.base.rdb", "appendonly.aof.[0-9]*.base.rdb"},
      {"0f3c5a3e-1111-2222-3333-444455556666", "???????\?-???\?-???\?-???\?-????????????"},
      {"access-2026-11-23.log", "access-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].log"},
      {"5f2b9c0de1", "??????????"},
      {"redis.conf.aB3xYz", "redis.conf.??????"},
      {"ipv4", "ipv4"},
      {"x86_64-linux-gnu", "x86_64-linux-gnu"},
      {"README.md", "README.md"},
      {"Makefile", "Makefile"},
      {"a*b[c]{d}", "a\\*b\\[c\\]\\{d\\}"},
      {"temp123", "temp[0-9]*"},
      {"\xff", "[^ -~]"},
  };
  for (const auto& [name, glob] : forms) EXPECT_EQ(shape_of(name).glob, glob) << name;
  EXPECT_FALSE(shape_of("x86_64-linux-gnu").varies);
  EXPECT_TRUE(shape_of("temp-1234.rdb").varies);
}

TEST(Shape, EveryPatternMatchesTheNameThatItCameFrom) {
  for (const std::string name :
       {"a", "12", "a{b,c}", "x\\y", "t-20261123-9", "2026-11-23", "\xc3\xa9\n\x01", "..a", "*",
        "Zz9Zz9", "deadbeef01", "a.1.2.3.so", "9a9b9c9d", "${x}"}) {
    const auto pattern = profile::expand("/" + shape_of(name).glob);
    const auto literal = profile::expand("/" + glob_quoted(name));
    ASSERT_TRUE(pattern && literal) << name;
    EXPECT_TRUE(profile::covers(*pattern, *literal)) << name << " " << shape_of(name).glob;
  }
}

TEST(Tiers, SharedAndSecretFoldersAreKept) {
  for (const auto* folder : {"/", "/etc", "/tmp", "/root", "/root/x", "/srv/app/.ssh", "/usr/bin",
                             "/etc/ssl/private", "/proc/sys/net", "/home/a/b", "/dev"})
    EXPECT_EQ(tier_of(folder), Tier::kept) << folder;
  for (const auto* folder : {"/etc/nginx", "/proc/[0-9]*", "/run/redis", "/tmp/x", "/usr/lib/x"})
    EXPECT_EQ(tier_of(folder), Tier::guarded) << folder;
  for (const auto* folder : {"/srv/www", "/var/lib/redis", "/rooted", "/var/log/nginx"})
    EXPECT_EQ(tier_of(folder), Tier::ordinary) << folder;
}

TEST(Generalise, FewNamesStayLiteral) {
  EXPECT_EQ(globs(seen({"/srv/www/a", "/srv/www/b"}, kRead)), (Globs{"/srv/www/a", "/srv/www/b"}));
}

TEST(Generalise, SiblingsThatWereReadAlikeAreAFolder) {
  const auto all = seen({"/srv/w/a", "/srv/w/b", "/srv/w/c", "/srv/w/d", "/srv/w/e", "/srv/w/f",
                         "/srv/w/g", "/srv/w/h"},
                        kRead);
  EXPECT_EQ(globs(all), Globs{"/srv/w/*"});
  // One that was used in another way is no part of it, and does not widen it.
  auto mixed = all;
  mixed.push_back({"/srv/w/log", GL_FILE_APPEND, {0}});
  EXPECT_EQ(globs(mixed), (Globs{"/srv/w/*", "/srv/w/log"}));
}

TEST(Generalise, NamesThatAProgramMakesVaryAtOnce) {
  EXPECT_EQ(globs(seen({"/var/lib/redis/temp-31.rdb"}, kMake)),
            Globs{"/var/lib/redis/temp-[0-9]*.rdb"});
  // Names that it only reads do not, until enough were seen.
  EXPECT_EQ(globs(seen({"/var/lib/x/v-31"}, kRead)), Globs{"/var/lib/x/v-31"});
  EXPECT_EQ(globs(seen({"/var/lib/x/v-31", "/var/lib/x/v-32", "/var/lib/x/v-33"}, kRead)),
            Globs{"/var/lib/x/v-[0-9]*"});
}

TEST(Generalise, WhatLiesInAFolderThatItMadeVaries) {
  auto given = seen({"/var/lib/x/s-17"}, GL_FILE_MKDIR);
  given.push_back({"/var/lib/x/s-17/name", kRead, {0}});
  EXPECT_EQ(globs(given), (Globs{"/var/lib/x/s-[0-9]*", "/var/lib/x/s-[0-9]*/name"}));
  // A number above, that was there before, does not.
  EXPECT_EQ(globs(seen({"/var/lib/pg/15/base/t.123"}, kMake)),
            Globs{"/var/lib/pg/15/base/t.[0-9]*"});
}

constexpr std::uint32_t kPassing = GL_FILE_CREATE | GL_FILE_WRITE | GL_FILE_RENAME;

TEST(Generalise, NamesThatAreMadeAndTakenAwayVary) {
  EXPECT_EQ(globs(seen({"/run/web/tmpqwertyui", "/run/web/tmpasdfghjk", "/run/web/tmpy_9xcvbn"},
                       kPassing)),
            Globs{"/run/web/tmp????????"});
  EXPECT_EQ(globs(seen({"/tmp/web-abcdefgh.png", "/tmp/web-hgfedcba.png", "/tmp/web-pqrstuvw.png"},
                       GL_FILE_CREATE | GL_FILE_UNLINK)),
            Globs{"/tmp/web-????????.png"});
}

// As Python tries whether a folder may be written to.
TEST(Generalise, NamesDrawnAsAWholeAreForFilesOfItsUserAlone) {
  auto given =
      seen({"/tmp/_niohu2m", "/tmp/jinitfwx", "/tmp/pli_f4ut"}, GL_FILE_CREATE | GL_FILE_UNLINK);
  EXPECT_EQ(globs(given).size(), 3u);
  for (SeenPath& one : given) one.own = true;
  Work work;
  const auto groups = generalise(given, {}, work);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].glob, "/tmp/????????");
  EXPECT_TRUE(groups[0].own);
}

TEST(Generalise, OtherNamesAreNoTemporaryOnes) {
  EXPECT_EQ(
      globs(seen({"/srv/x/temp-412345.rdb", "/srv/x/temp-591234.rdb", "/srv/x/temp-800000.rdb"},
                 kPassing)),
      Globs{"/srv/x/temp-[0-9]*.rdb"});  // of any length
  const auto stay = [](const std::vector<SeenPath>& given) {
    EXPECT_EQ(globs(given).size(), given.size()) << given.front().path;
  };
  stay(seen({"/run/web/tmpqwertyui", "/run/web/tmpasdfghjk"}, kPassing));  // too few
  // Made, and there to stay; only read; of other lengths; of other beginnings; too short a part.
  stay(seen({"/run/web/tmpqwertyui", "/run/web/tmpasdfghjk", "/run/web/tmpyxcvbnmm"},
            GL_FILE_CREATE | GL_FILE_WRITE));
  stay(seen({"/run/web/tmpqwertyui", "/run/web/tmpasdfghjk", "/run/web/tmpyxcvbnmm"}, kRead));
  stay(seen({"/run/web/tmpqwertyui", "/run/web/tmpasdfghjkl", "/run/web/tmpyxcvbnmma"}, kPassing));
  stay(seen({"/run/web/abcqwertyui", "/run/web/defasdfghjk", "/run/web/ghiyxcvbnmm"}, kPassing));
  stay(seen({"/run/web/tmpqwerta", "/run/web/tmpqwertb", "/run/web/tmpqwertc"}, kPassing));
  // Where names are kept, and code.
  stay(seen({"/root/tmpqwertyui", "/root/tmpasdfghjk", "/root/tmpyxcvbnmm"}, kPassing));
  stay(seen({"/run/web/tmpqwertyui", "/run/web/tmpasdfghjk", "/run/web/tmpyxcvbnmm"},
            kPassing | GL_FILE_MAP_EXEC));
}

TEST(Generalise, NumbersOfProcessesAndTerminalsVary) {
  EXPECT_EQ(globs(seen({"/proc/812/stat", "/proc/813/task/815/comm"}, kRead)),
            (Globs{"/proc/[0-9]*/stat", "/proc/[0-9]*/task/[0-9]*/comm"}));
  EXPECT_EQ(globs(seen({"/proc/sys/vm/1"}, kRead)), Globs{"/proc/sys/vm/1"});
  EXPECT_EQ(globs(seen({"/dev/pts/3", "/dev/tty3"}, kRead)),
            (Globs{"/dev/pts/[0-9]*", "/dev/tty3"}));
}

TEST(Generalise, ProtectedFoldersNever) {
  std::vector<SeenPath> given;
  for (int i = 0; i < 100; ++i) {
    given.push_back({fmt::format("/root/key-{}", 100 + i), kRead, {0, 1, 2}});
    given.push_back({fmt::format("/usr/bin/tool-{}", 100 + i), kRead, {0, 1, 2}});
    given.push_back({fmt::format("/srv/a/.ssh/id-{}", 100 + i), kMake, {0, 1, 2}});
    given.push_back({fmt::format("/var/lib/name{}x", i), kRead, {0, 1, 2}});
  }
  Work work;
  for (const PathGroup& group : generalise(given, {}, work))
    EXPECT_TRUE(group.why.empty() && profile::is_literal(group.glob)) << group.glob;
}

TEST(Generalise, GuardedFoldersOnStrongEvidenceOnly) {
  std::vector<SeenPath> given;
  for (int i = 0; i < 15; ++i)
    given.push_back({fmt::format("/etc/app/{}", static_cast<char>('a' + i)), kRead, {0, 1}});
  EXPECT_EQ(globs(given).size(), 15u);
  given.push_back({"/etc/app/z", kRead, {0, 1}});
  EXPECT_EQ(globs(given), Globs{"/etc/app/*"});
  for (SeenPath& one : given) one.runs = {1};  // all in one run
  EXPECT_EQ(globs(given).size(), 16u);
}

TEST(Generalise, CodeIsNamed) {
  std::vector<SeenPath> given;
  for (int i = 0; i < 40; ++i)
    given.push_back({fmt::format("/srv/app/lib-{}.so", 100 + i), kRead | GL_FILE_MAP_EXEC, {0, 1}});
  EXPECT_EQ(globs(given).size(), 40u);
  given = seen({"/var/lib/x/jit-17.so"}, kMake | GL_FILE_MAP_EXEC);
  EXPECT_EQ(globs(given), Globs{"/var/lib/x/jit-17.so"});
}

TEST(Generalise, FoldersOfFoldersToo) {
  std::vector<SeenPath> given;
  for (int site = 0; site < 9; ++site)
    for (int page = 0; page < 9; ++page)
      given.push_back({fmt::format("/srv/www/{}x/{}y", static_cast<char>('a' + site),
                                   static_cast<char>('a' + page)),
                       kRead,
                       {0}});
  EXPECT_EQ(globs(given), Globs{"/srv/www/*/*"});
}

TEST(Generalise, EveryPathIsCoveredWithEveryAccess) {
  std::vector<SeenPath> given;
  std::uint64_t state = 7;
  const auto next = [&](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  constexpr std::string_view folders[] = {"/srv/a", "/etc/app", "/var/lib/x", "/tmp", "/proc/17"};
  constexpr std::uint32_t accesses[] = {kRead, kMake, GL_FILE_APPEND, GL_FILE_MKDIR};
  for (int i = 0; i < 400; ++i)
    given.push_back({fmt::format("{}/{}{}", folders[next(5)], i % 3 ? "n" : "temp-", next(900)),
                     accesses[next(4)],
                     {next(3)}});
  Work work;
  std::vector<bool> covered(given.size());
  for (const PathGroup& group : generalise(given, {}, work)) {
    const auto pattern = profile::expand(group.glob);
    ASSERT_TRUE(pattern.has_value()) << group.glob;
    for (const std::size_t i : group.from) {
      const auto literal = profile::expand(glob_quoted(given[i].path));
      EXPECT_TRUE(profile::covers(*pattern, *literal)) << group.glob << " " << given[i].path;
      EXPECT_EQ(group.access & given[i].access, given[i].access);
      covered[i] = true;
    }
  }
  EXPECT_TRUE(std::ranges::all_of(covered, std::identity{}));
}

std::size_t steps_for(std::size_t count) {
  std::vector<SeenPath> given;
  for (std::size_t i = 0; i < count; ++i)
    given.push_back({fmt::format("/srv/app/d{}/e{}/file-{}", i % 97, i % 1009, i),
                     i % 2 ? kRead : kMake,
                     {i % 4}});
  Work work;
  (void)generalise(given, {}, work);
  return work.steps;
}

// A hundred thousand must not cost more than a hundred times a thousand.
TEST(Generalise, TheWorkGrowsWithThePathsAndNoFaster) {
  const std::size_t small = steps_for(2'000), large = steps_for(20'000);
  EXPECT_LE(large, 11 * small);
  EXPECT_LE(large, 20'000u * 72);
}

TEST(Measure, WhatAPatternAdmitsBeyondWhatWasSeenIsCounted) {
  class Memory : public Tree {
   public:
    std::vector<Entry> list(const std::string& folder) const override {
      if (folder == "/srv/w") return {{"a", false}, {"b", false}, {"d", true}, {"c\n", false}};
      if (folder == "/srv/w/d") return {{"a", false}};
      return {};
    }
  };
  const auto one = measure("/srv/w/*", {"/srv/w/a"}, Memory());
  EXPECT_EQ(one.files, 3u);
  EXPECT_EQ(one.samples, (std::vector<std::string>{"/srv/w/b", "/srv/w/d", "/srv/w/c\n"}));
  EXPECT_EQ(measure("/srv/w/*/a", {}, Memory()).files, 1u);
  EXPECT_EQ(measure("/srv/w/[0-9]*", {}, Memory()).files, 0u);
  EXPECT_EQ(measure("/none/*", {}, Memory()).files, 0u);
}

std::vector<NetGroup> nets(std::initializer_list<std::string_view> events) {
  std::vector<SeenEndpoint> all;
  for (const std::string_view text : events)
    all.push_back({std::get<sim::NetRequest>(request(text)), all.size()});
  return group_endpoints(all);
}

TEST(Addresses, SingleOnesStaySingle) {
  const auto got = nets(
      {"net connect tcp 10.0.0.1:5432", "net connect tcp 10.0.0.2:5432", "net bind tcp [::1]:80"});
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[1].rule.addresses.size(), 2u);
  EXPECT_EQ(got[1].rule.addresses[0].prefix, 32u);
  EXPECT_TRUE(got[0].rule.addresses[0].v6);
  EXPECT_TRUE(got[1].why.empty());
}

TEST(Addresses, NeighboursBecomeTheTightestNetwork) {
  const auto got = nets({"net connect tcp 10.0.0.5:80", "net connect tcp 10.0.0.6:80",
                         "net connect tcp 10.0.0.4:80", "net connect tcp 10.0.0.7:80",
                         "net connect tcp 192.0.2.9:80"});
  ASSERT_EQ(got.size(), 1u);
  ASSERT_EQ(got[0].rule.addresses.size(), 2u);
  EXPECT_EQ(got[0].rule.addresses[0].prefix, 30u);
  EXPECT_EQ(got[0].rule.addresses[0].address[3], 4);
  EXPECT_EQ(got[0].rule.addresses[1].prefix, 32u);
  EXPECT_FALSE(got[0].why.empty());
  EXPECT_EQ(got[0].from.size(), 5u);
}

TEST(Addresses, PortsOfDifferentAddressesAreNotMixed) {
  const auto got = nets({"net connect tcp 10.0.0.1:80", "net connect tcp 10.0.1.1:443"});
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].rule.ports[0].first, 80);
  EXPECT_EQ(got[0].rule.addresses.size(), 1u);
}

}  // namespace
}  // namespace glacis::learn
