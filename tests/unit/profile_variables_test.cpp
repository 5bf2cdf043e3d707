// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/glob.h"
#include "tests/unit/profile_fixture.h"

namespace glacis::profile {
namespace {

using diag::Code;

std::string glob_of(const std::string& variables, const std::string& path) {
  const Loaded loaded =
      load("[vars]\n" + variables + "\n[[file]]\naccess = \"read\"\npath = '" + path + "'\n");
  EXPECT_TRUE(loaded.profile) << loaded.text();
  return loaded.profile ? loaded.bodies<PathRule>().at(0).glob : "";
}

TEST(Variables, AreReplaced) {
  EXPECT_EQ(glob_of("a = \"/srv\"", "${a}/x"), "/srv/x");
  EXPECT_EQ(glob_of("a = \"www\"", "/srv/${a}-1/${a}"), "/srv/www-1/www");
  EXPECT_EQ(glob_of("a = \"${b}/c\"\nb = \"/d\"", "${a}"), "/d/c");
}

TEST(Variables, WithSeveralValuesAreAlternatives) {
  EXPECT_EQ(glob_of("a = [\"x\", \"y\"]", "/${a}/z"), "/{x,y}/z");
  EXPECT_EQ(glob_of("a = [\"/x\", \"/y\"]", "${a}/z"), "/{x,y}/z");
  EXPECT_EQ(glob_of("a = [\"x\"]", "/${a}"), "/x");
  EXPECT_EQ(glob_of("a = [\"${b}1\", \"z\"]\nb = [\"x\", \"y\"]", "/${a}"), "/{x1,y1,z}");
}

TEST(Variables, KeepCommasAndBracesOfTheirValues) {
  const std::string glob = glob_of("a = [\"x,y\", \"{p,q}\", 'r\\,s']", "/${a}");
  EXPECT_EQ(glob, "/{x\\,y,{p,q},r\\,s}");
  EXPECT_EQ(expand(glob)->size(), 4u);
}

TEST(Variables, QuotedDollarsStay) {
  // The braces are quoted too, or they would be alternatives.
  EXPECT_EQ(glob_of("a = \"x\"", "/\\$\\{a\\}$b"), "/\\$\\{a\\}$b");
}

TEST(Variables, ReachAddresses) {
  const Loaded loaded = load(
      "[vars]\nup = [\"10.0.0.1\", \"loopback\"]\n"
      "[[net]]\nop = \"connect\"\nto = \"${up}\"\ntcp = 80\n");
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_EQ(loaded.bodies<NetRule>()[0].addresses.size(), 3u);
}

TEST(Variables, OfTheProfileReplaceThoseOfAbstractions) {
  MemoryFiles files;
  files.add("/p/a.toml",
            "schema = 1\n[vars]\nroot = \"/one\"\n[[file]]\npath = \"${root}/x\"\naccess = "
            "\"read\"\n");
  Loaded loaded;
  const std::string head = "schema = 1\ninclude = \"a\"\n[profile]\nname = \"x\"\n";
  load_into(loaded, head + "[vars]\nroot = \"/two\"\n", &files);
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_EQ(loaded.bodies<PathRule>()[0].glob, "/two/x");
  files.add("/p/x.toml.d/1.toml", "schema = 1\n[vars]\nroot = \"/three\"\n");
  Loaded dropped;
  load_into(dropped, head + "[vars]\nroot = \"/two\"\n", &files);
  ASSERT_TRUE(dropped.profile) << dropped.text();
  EXPECT_EQ(dropped.bodies<PathRule>()[0].glob, "/three/x");
}

TEST(Variables, ThatLeadBackToThemselvesAreErrors) {
  EXPECT_TRUE(load("[vars]\na = \"${a}\"\n").has(Code::GL210));
  EXPECT_TRUE(load("[vars]\na = \"${b}\"\nb = \"x${a}\"\n").has(Code::GL210));
}

TEST(Variables, DoNotMultiplyWithoutBound) {
  // Each doubles the last: 2^40 values, and 2^40 bytes.
  std::string values = "[vars]\nv0 = [\"a\", \"b\"]\n";
  std::string bytes = "[vars]\nv0 = \"aa\"\n";
  for (int i = 1; i < 40; ++i) {
    const std::string line = "v" + std::to_string(i) + " = \"${v" + std::to_string(i - 1) + "}${v" +
                             std::to_string(i - 1) + "}\"\n";
    values += line;
    bytes += line;
  }
  EXPECT_TRUE(load(values).has(Code::GL208));
  EXPECT_TRUE(load(bytes).has(Code::GL208));
}

TEST(Variables, NestOnlySoDeep) {
  std::string chain = "[vars]\nv0 = \"a\"\n";
  for (int i = 1; i < 5000; ++i) {
    chain += "v" + std::to_string(i) + " = \"${v" + std::to_string(i - 1) + "}\"\n";
  }
  EXPECT_FALSE(load(chain).profile);
}

TEST(Variables, ThatManyRulesRepeatAreBounded) {
  std::string body = "[vars]\nbig = [";
  for (int i = 0; i < 1000; ++i) body += "\"" + std::string(50, 'a') + std::to_string(i) + "\",";
  body += "]\n[[file]]\naccess = \"read\"\npath = [";
  for (int i = 0; i < 5000; ++i) body += "\"/" + std::to_string(i) + "/${big}\",";
  EXPECT_TRUE(load(body + "]\n").has(Code::GL208));
}

}  // namespace
}  // namespace glacis::profile
