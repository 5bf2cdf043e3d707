// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "manager/image/pattern.h"

namespace glacis::image {
namespace {

// Tokens in short: bytes as they are, sets as S, runs as * and **.
std::string shape(const Pattern& pattern) {
  std::string out;
  for (const Token& token : pattern.tokens) {
    switch (token.kind) {
      case Token::Kind::byte:
        out += static_cast<char>(token.byte);
        break;
      case Token::Kind::set:
        out += 'S';
        break;
      case Token::Kind::star:
        out += '*';
        break;
      case Token::Kind::double_star:
        out += "**";
        break;
    }
  }
  return out;
}

std::string shapes(std::string_view glob) {
  const auto patterns = expand(glob);
  if (!patterns) return std::to_string(patterns.error().offset) + ": error";
  std::string out;
  for (const Pattern& pattern : *patterns) out += (out.empty() ? "" : " ") + shape(pattern);
  return out;
}

TEST(Pattern, Tokens) {
  EXPECT_EQ(shapes("/etc/passwd"), "/etc/passwd");
  EXPECT_EQ(shapes("/a/*.log"), "/a/*.log");
  EXPECT_EQ(shapes("/a/**"), "/a/**");
  EXPECT_EQ(shapes("/?[a-c]"), "/SS");
  EXPECT_EQ(shapes("/\\*\\[x"), "/*[x");
  EXPECT_EQ(shapes("/a,b"), "/a,b");
  EXPECT_EQ(shapes("@name*"), "@name*");
}

TEST(Pattern, Braces) {
  EXPECT_EQ(shapes("/{a,b}/c"), "/a/c /b/c");
  EXPECT_EQ(shapes("/a{,b{c,d}}"), "/a /abc /abd");
  EXPECT_EQ(shapes("{/a,/b,@c}"), "/a /b @c");
  EXPECT_EQ(shapes("/{a\\,b,c}"), "/a,b /c");
}

TEST(Pattern, AdjacentRunsAreOne) {
  EXPECT_EQ(shapes("/*{*,a}"), "/* /*a");
  EXPECT_EQ(shapes("/*{**,a}"), "/** /*a");
  EXPECT_EQ(shapes("/**{*,}b"), "/**b /**b");
}

TEST(Pattern, Errors) {
  for (const char* glob : {"/a{b", "/a}b", "/a[b", "/a]b", "/a[]", "/a[z-a]", "/a\\", "/[/]",
                           "/[!a]", "/a***", "relative", "", "{/a,b}", "*"})
    EXPECT_FALSE(expand(glob)) << glob;
  EXPECT_EQ(expand("/abc[x").error().offset, 4u);
  EXPECT_FALSE(expand(std::string_view("/a\0", 3)));
  EXPECT_TRUE(expand(std::string_view("@a\0", 3)));
}

TEST(Pattern, BraceExpansionIsBounded) {
  std::string many = "/";
  for (int i = 0; i < 12; ++i) many += "{a,b}";
  EXPECT_FALSE(expand(many));
  std::string nested = "/";
  for (int i = 0; i < 100; ++i) nested += "{a,";
  EXPECT_FALSE(expand(nested + std::string(100, '}')));
}

TEST(Pattern, SetsNeverHoldASlash) {
  const auto patterns = expand("/[^a]?[.-1]");
  ASSERT_TRUE(patterns);
  for (const Token& token : (*patterns)[0].tokens)
    if (token.kind == Token::Kind::set) {
      EXPECT_FALSE(token.set['/']);
      EXPECT_FALSE(token.set[0]);
    }
  EXPECT_TRUE(expand("@?")->at(0).tokens[1].set[0]);
}

}  // namespace
}  // namespace glacis::image
