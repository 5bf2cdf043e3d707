// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "manager/profile/glob.h"

namespace glacis::profile {
namespace {

Alternatives glob(std::string_view text) { return expand(text).value(); }

bool covers(std::string_view outer, std::string_view inner) {
  return profile::covers(glob(outer), glob(inner));
}

bool meet(std::string_view a, std::string_view b) {
  const bool forward = profile::meet(glob(a), glob(b));
  EXPECT_EQ(forward, profile::meet(glob(b), glob(a))) << a << " " << b;
  return forward;
}

// An obviously right matcher, to judge the others by.
bool matches(const GlobTokens& tokens, std::string_view text, std::size_t at = 0) {
  if (at == tokens.size()) return text.empty();
  const GlobToken& token = tokens[at];
  const bool run =
      token.kind == GlobToken::Kind::star || token.kind == GlobToken::Kind::double_star;
  if (run) {
    for (std::size_t taken = 0;; ++taken) {
      if (matches(tokens, text.substr(taken), at + 1)) return true;
      if (taken == text.size()) return false;
      if (token.kind == GlobToken::Kind::star && text[taken] == '/') return false;
    }
  }
  if (text.empty()) return false;
  const auto byte = static_cast<unsigned char>(text[0]);
  const bool good = token.kind == GlobToken::Kind::byte ? token.byte == byte : token.set.test(byte);
  return good && matches(tokens, text.substr(1), at + 1);
}

bool matches(const Alternatives& alternatives, std::string_view text) {
  for (const GlobTokens& tokens : alternatives) {
    if (matches(tokens, text)) return true;
  }
  return false;
}

TEST(Glob, ExpandsBraces) {
  EXPECT_EQ(glob("/a").size(), 1u);
  EXPECT_EQ(glob("/{a,b}{c,d,}").size(), 6u);
  EXPECT_EQ(glob("/{a,{b,c}}").size(), 3u);
  EXPECT_TRUE(matches(glob("/x{,/**}"), "/x"));
  EXPECT_TRUE(matches(glob("/x{,/**}"), "/x/y/z"));
  EXPECT_FALSE(matches(glob("/x{,/**}"), "/xy"));
}

TEST(Glob, QuotesWithABackslash) {
  EXPECT_TRUE(matches(glob("/\\*\\{\\}\\[\\]\\\\"), "/*{}[]\\"));
  EXPECT_TRUE(matches(glob("/[\\]\\-a]"), "/-"));
  EXPECT_TRUE(matches(glob("/{a\\,b,c}"), "/a,b"));
  EXPECT_EQ(literal_prefix("/a\\*b*c"), "/a*b");
}

TEST(Glob, SetsNeverTakeASlash) {
  EXPECT_FALSE(matches(glob("/a[^x]b"), "/a/b"));
  EXPECT_FALSE(matches(glob("/a?b"), "/a/b"));
  EXPECT_TRUE(matches(glob("/a[--9]b"), "/a.b"));
  EXPECT_FALSE(matches(glob("/a[--9]b"), "/a/b"));
}

TEST(Glob, RefusesWhatIsMalformed) {
  for (const char* text : {"/[", "/[]", "/[^]", "/{", "/{a", "/a}", "/a]", "/\\", "/[b-a]", "/***",
                           "/[/]", "/[!a]", "/[\xc3\xa9]", "/{a,[}"}) {
    EXPECT_FALSE(expand(text)) << text;
  }
}

TEST(Glob, BoundsWhatBracesStandFor) {
  EXPECT_TRUE(expand("/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"));
  const auto many = expand("/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}");
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().kind, GlobError::Kind::too_many);
  const auto deep = expand("/" + std::string(100000, '{'));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().kind, GlobError::Kind::too_many);
}

TEST(Covers, KnowsTheUsualForms) {
  EXPECT_TRUE(covers("/a/**", "/a/b"));
  EXPECT_TRUE(covers("/a/**", "/a/b/*"));
  EXPECT_TRUE(covers("/a/**", "/a/**"));
  EXPECT_TRUE(covers("/a/*", "/a/b?[cd]"));
  EXPECT_TRUE(covers("/a/[a-z]", "/a/{b,c,[d-f]}"));
  EXPECT_TRUE(covers("/{a,b}/**", "/{a,b}/x"));
  EXPECT_TRUE(covers("/a**z", "/a/b*z"));
}

TEST(Covers, ClaimsNothingFalse) {
  EXPECT_FALSE(covers("/a/**", "/a"));
  EXPECT_FALSE(covers("/a/*", "/a/b/c"));
  EXPECT_FALSE(covers("/a/*", "/a/**"));
  EXPECT_FALSE(covers("/a/[a-y]", "/a/[a-z]"));
  EXPECT_FALSE(covers("/a/**", "/{a,b}/c"));
  EXPECT_FALSE(covers("/a/?", "/a/*"));
}

TEST(Meet, IsExact) {
  EXPECT_TRUE(meet("/a/*", "/a/b"));
  EXPECT_TRUE(meet("/a/*b", "/a/c*"));
  EXPECT_TRUE(meet("/**/x", "/a/**"));
  EXPECT_TRUE(meet("/a*/b", "/*a/b"));
  EXPECT_TRUE(meet("/*", "/**"));
  EXPECT_FALSE(meet("/a/*", "/a/b/c"));
  EXPECT_FALSE(meet("/a/[ab]", "/a/[cd]"));
  EXPECT_FALSE(meet("/a/*.so", "/a/*.conf"));
  EXPECT_FALSE(meet("/a", "/a/**"));
}

// Random patterns over a tiny alphabet, against all short strings over it.
class RandomGlobs : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string bytes = "ab/";
    words_ = {""};
    for (std::size_t i = 0; i < words_.size() && words_[i].size() < 5; ++i) {
      for (const char c : bytes) words_.push_back(words_[i] + c);
    }
  }

  std::string random_glob() {
    static const std::vector<std::string> pieces = {"a",    "b",    "/",     "?",    "*",     "**",
                                                    "[ab]", "[^a]", "{a,b}", "{,b}", "{a,**}"};
    std::string out = "/";
    const auto length = std::uniform_int_distribution<int>(0, 5)(random_);
    for (int i = 0; i < length; ++i) {
      const std::string& piece =
          pieces[std::uniform_int_distribution<std::size_t>(0, pieces.size() - 1)(random_)];
      // Stars that touch would make three in a row.
      if (piece.front() == '*' && out.back() == '*') continue;
      out += piece;
    }
    return out;
  }

  std::vector<std::string> words_;
  std::mt19937 random_{20260101};
};

TEST_F(RandomGlobs, CoversAndMeetAgreeWithMatching) {
  std::size_t covered = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string a_text = random_glob();
    const std::string b_text = random_glob();
    const Alternatives a = glob(a_text);
    const Alternatives b = glob(b_text);
    bool common = false;
    bool contained = true;
    for (const std::string& word : words_) {
      const bool in_a = matches(a, "/" + word);
      const bool in_b = matches(b, "/" + word);
      common = common || (in_a && in_b);
      contained = contained && (in_a || !in_b);
    }
    // A common string may be longer than those tried, so only one direction.
    if (common) {
      EXPECT_TRUE(meet(a_text, b_text)) << a_text << " " << b_text;
    }
    if (profile::covers(a, b)) {
      ++covered;
      EXPECT_TRUE(contained) << a_text << " " << b_text;
    }
    if (!contained) {
      EXPECT_FALSE(profile::covers(a, b)) << a_text << " " << b_text;
    }
  }
  EXPECT_GT(covered, 100u);
}

}  // namespace
}  // namespace glacis::profile
