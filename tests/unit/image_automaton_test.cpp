// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <ctime>
#include <set>
#include <vector>

#include "lsm/decide/path.h"
#include "manager/image/automaton.h"
#include "manager/image/explain.h"
#include "manager/image/minimise.h"
#include "tests/unit/built.h"
#include "tests/unit/oracle.h"

namespace glacis::image {
namespace {

struct Case {
  const char* glob;
  std::vector<std::string> yes, no;
};

TEST(Automaton, Semantics) {
  using namespace std::string_literals;
  const std::vector<Case> cases = {
      {"/etc/passwd", {"/etc/passwd"}, {"/etc/passwd-", "/etc/passw", "/x/etc/passwd", "/"}},
      {"/", {"/"}, {"/a"}},
      {"/*", {"/", "/a", "/.a"}, {"/a/b"}},
      {"/**", {"/", "/a", "/a/b/.c", "/\xff\x01"}, {"@a"}},
      {"/a/**", {"/a/b", "/a/b/c"}, {"/a", "/ab", "/b/a/c"}},
      {"/a/**/b", {"/a/x/b", "/a/x/y/b"}, {"/a/b", "/a/xb"}},
      {"/a**b", {"/ab", "/a/b", "/axx/yyb"}, {"/a/bc"}},
      {"/a/*/b", {"/a/x/b", "/a/.x/b"}, {"/a/b", "/a/x/y/b"}},
      {"/a?c",
       {"/abc",
        "/a\xff"
        "c"},
       {"/ac", "/a/c", "/abbc"}},
      {"/[a-c^]x", {"/ax", "/cx", "/^x"}, {"/dx", "/x"}},
      {"/[^a-c]x", {"/dx", "/.x"}, {"/ax", "//x"}},
      {"/[a\\]\\-]", {"/a", "/]", "/-"}, {"/b"}},
      {"/l{ib,ib64}/**.so{,.*}", {"/lib/x.so", "/lib64/a/b.so.1"}, {"/lib32/x.so", "/lib/x.soo"}},
      {"/{,a}b", {"/b", "/ab"}, {"/a"}},
      {"@x*", {"@x", "@xy", "@x\0y"s}, {"/x", "@yx", "@x/y"}},
      {"@x**", {"@x/y", "@x\0/"s}, {"@"}},
      {"@?", {"@\0"s, "@a"}, {"@"}},
  };
  for (const Case& c : cases) {
    const Built built = reading({c.glob});
    for (const std::string& path : c.yes) EXPECT_TRUE(built.reads(path)) << c.glob << ' ' << path;
    for (const std::string& path : c.no) EXPECT_FALSE(built.reads(path)) << c.glob << ' ' << path;
    for (const std::string& path : c.yes) EXPECT_EQ(oracle::matches(c.glob, path), true) << path;
    for (const std::string& path : c.no) EXPECT_EQ(oracle::matches(c.glob, path), false) << path;
  }
}

TEST(Automaton, NoPathWithAZeroByteMatches) {
  using namespace std::string_literals;
  const Built built = reading({"/**", "/a?", "/a*", "/[^b]"});
  EXPECT_FALSE(built.reads("/a\0"s));
  EXPECT_FALSE(built.reads("/\0"s));
}

TEST(Automaton, ManyDirectoriesShareOneLoop) {
  const auto states = [](unsigned rules) {
    std::vector<std::string> globs;
    for (unsigned i = 1000; i < 1000 + rules; ++i)
      globs.push_back("/dir_" + std::to_string(i) + "/**");
    return reading(globs).image().stats;
  };
  const BuildStats hundred = states(100), thousand = states(1000);
  EXPECT_LT(thousand.raw_states, 11 * hundred.raw_states);
  EXPECT_LT(thousand.raw_states, thousand.nodes + 10);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitised = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
constexpr bool sanitised = true;
#else
constexpr bool sanitised = false;
#endif
#else
constexpr bool sanitised = false;
#endif

// The most that this process ever had in memory, in KiB.
long peak() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

// The rules to blame, and the bound, within a time that nobody notices, and within memory.
void expect_refused(const std::vector<std::string>& globs, const std::string& blamed) {
  const long before = peak();
  const std::clock_t begin = std::clock();
  const auto image = build(generate::profile_of(globs, GL_FILE_READ));
  const std::clock_t took = std::clock() - begin;
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().exit, Exit::usage);
  EXPECT_NE(image.error().what.find("more than"), std::string::npos) << image.error().what;
  EXPECT_NE(image.error().what.find(blamed), std::string::npos) << image.error().what;
  EXPECT_FALSE(image.error().next.empty());
  EXPECT_LT(took / CLOCKS_PER_SEC, 5);  // a twentieth of it without sanitisers
  if (!sanitised) {
    EXPECT_LT(peak() - before, 128 << 10) << "KiB; what is documented is some 100 MB";
  }
}

TEST(Automaton, ExplosionsAreRefusedQuickly) {
  expect_refused({"/etc/passwd", "/x/????????????????????a**"}, "globs.toml:2:1");
  expect_refused({"/x/[a-c]?????????[a-m]?????????????[a-z]**", "/b"}, "globs.toml:1:1");
  std::vector<std::string> different;
  for (char c = 'a'; c < 'z'; ++c) different.push_back(std::string("/") + c + "/**/x" + c + "/**");
  different.push_back("/plain");
  expect_refused(different, "globs.toml:");
}

TEST(Automaton, HardButSmallProfilesAreAccepted) {
  const Built many = reading({"/**a/**b/**c/**d/**e/**f/**g/**h/**i/**j/**k/**l**"});
  EXPECT_TRUE(many.reads("/a/b/c/d/e/f/g/h/i/j/k/l"));
  EXPECT_FALSE(many.reads("/a/b/c/d/e/f/g/h/i/j/l"));
  EXPECT_TRUE(reading({"/**a?????????????????"}).reads("/xa12345678901234567"));
}

TEST(Automaton, SeenNamesWithTheSameGrantAreNotRemembered) {
  std::vector<std::string> globs;
  for (int i = 0; i < 40; ++i) globs.push_back("/**/secret_" + std::to_string(i) + "/**");
  const Built built = reading(globs);
  EXPECT_LT(built.image().stats.raw_states, 40u * 40u * 12u);
  // The first rule that matches is named, wherever its name is in the path.
  const auto rule = [&](const char* path) {
    return built.decide(sim::FileRequest{path, GL_FILE_READ}).rule;
  };
  EXPECT_EQ(rule("/a/secret_7/secret_3/x"), 4u);
  EXPECT_EQ(rule("/a/secret_3/secret_7/x"), 4u);
  EXPECT_EQ(rule("/a/secret_39/x"), 40u);
}

TEST(Automaton, MoreBytesThanClassesIsAnError) {
  std::string all = "@";
  for (int c = 1; c < 256; ++c) {
    all += '\\';
    all += static_cast<char>(c);
  }
  const auto image = build(generate::profile_of({all + '\0'}, GL_FILE_READ));
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().what.find("kinds of bytes"), std::string::npos);
  const Built fits = reading({all.substr(0, 1 + 2 * 240)});
  EXPECT_FALSE(fits.reads("/"));
}

// No two states of an image answer the same: compared by refining all of them,
// the slow way, over all 256 bytes.
TEST(Automaton, IsMinimal) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    generate::Random random(seed);
    std::vector<std::string> globs;
    for (unsigned n = 1 + random.below(6); n > 0; --n) globs.push_back(generate::glob(random));
    const Built built = reading(globs);
    const ImageView& view = built.view();
    const std::uint32_t comb = view.header().comb.offset;
    std::vector<std::uint32_t> states{0};
    std::set<std::uint32_t> known{0};
    if (known.insert(view.header().start).second) states.push_back(view.header().start);
    const auto step = [&](std::uint32_t s, unsigned c) {
      return gl_path_step(view.base(), view.mask(), comb, s, static_cast<std::uint8_t>(c));
    };
    for (std::size_t i = 0; i < states.size(); ++i)
      for (unsigned c = 0; c < 256; ++c)
        if (known.insert(step(states[i], c)).second) states.push_back(step(states[i], c));
    EXPECT_EQ(states.size(), built.image().stats.states) << seed;
    EXPECT_EQ(states.size(), explain(view).states) << seed;
    std::map<std::uint32_t, std::size_t> block;
    for (const std::uint32_t s : states)
      block[s] = gl_path_accept(view.base(), view.mask(), s).refs * 2 +
                 (gl_path_accept(view.base(), view.mask(), s).allow != 0);
    for (std::size_t before = 0;;) {
      std::map<std::vector<std::size_t>, std::size_t> rows;
      std::map<std::uint32_t, std::size_t> next;
      for (const std::uint32_t s : states) {
        std::vector<std::size_t> row{block[s]};
        for (unsigned c = 0; c < 256; ++c) row.push_back(block[step(s, c)]);
        next[s] = rows.try_emplace(row, rows.size()).first->second;
      }
      block = next;
      if (rows.size() == before) break;
      before = rows.size();
    }
    std::set<std::size_t> blocks;
    for (const auto& [state, number] : block) blocks.insert(number);
    EXPECT_EQ(blocks.size(), states.size()) << seed;
  }
}

}  // namespace
}  // namespace glacis::image
