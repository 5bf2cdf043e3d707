// SPDX-License-Identifier: Apache-2.0
// AppArmor's patterns as ours: for files and for directories.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "manager/import/apparmor/pattern.h"
#include "manager/profile/glob.h"

namespace glacis::import::apparmor {
namespace {

using Globs_ = std::vector<std::string>;

struct PatternCase {
  std::string text;
  Globs_ files, directories;
};

TEST(AppArmorPattern, FilesAndDirectories) {
  const std::vector<PatternCase> cases = {
      {"/a", {"/a"}, {}},
      {"/a/", {}, {"/a"}},
      {"/", {}, {"/"}},
      {"/a/*", {"/a/*"}, {}},
      {"/a/**", {"/a/**"}, {"/a/**"}},
      {"/a/*/", {}, {"/a/*"}},
      {"/a/**/", {}, {"/a/**"}},
      {"/a**", {"/a**"}, {"/a**"}},
      {"/a/{,**}", {"/a/{**}"}, {"/a", "/a/**"}},
      {"/{usr/,}lib/x", {"/{usr/,}lib/x"}, {}},
      {"/a//b", {"/a/b"}, {}},
      {"/a/{b,c/}", {"/a/b"}, {"/a/c"}},
      {"/[^.]*", {"/[^.]*"}, {}},
      {"/a?", {"/a?"}, {}},
      {"/a[0-9]", {"/a[0-9]"}, {}},
      {"/a\\*b", {"/a\\*b"}, {}},
      {"/a***b", {"/a**b"}, {"/a**b"}},
      {"/$x", {"/$x"}, {}},
      {"/a,b", {"/a,b"}, {}},
  };
  for (const PatternCase& each : cases) {
    const auto made = globs_of(each.text);
    ASSERT_TRUE(made) << each.text << ": " << made.error().what;
    // Compared by what they match: `/a/{**}` is `/a/**`.
    const auto same = [](const Globs_& a, const Globs_& b) {
      if (a.size() != b.size()) return false;
      for (std::size_t i = 0; i < a.size(); ++i) {
        const auto x = profile::expand(a[i]), y = profile::expand(b[i]);
        if (!x || !y || !profile::covers(*x, *y) || !profile::covers(*y, *x)) return false;
      }
      return true;
    };
    if (each.text == "/a***b") continue;
    EXPECT_TRUE(same(made->files, each.files)) << each.text;
    EXPECT_TRUE(same(made->directories, each.directories)) << each.text;
  }
}

// A run in the middle may end in a slash that the pattern does not write.
TEST(AppArmorPattern, StarsThatJoinAreOneRun) {
  const auto made = globs_of("/a***b");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->files, Globs_{"/a**b"});
  EXPECT_TRUE(made->directories.empty());
}

// Outside of a name's start a negated set takes a slash too.
TEST(AppArmorPattern, NegatedSetsTakeSlashes) {
  const auto made = globs_of("/a[^x]b");
  ASSERT_TRUE(made);
  const auto all = profile::expand(made->files.at(0));
  ASSERT_TRUE(all);
  for (const char* path : {"/a/b", "/ayb"}) {
    EXPECT_TRUE(profile::covers(*all, *profile::expand(path))) << path;
  }
  EXPECT_FALSE(profile::covers(*all, *profile::expand("/axb")));
}

TEST(AppArmorPattern, WhatNoPathMatchesIsLeftOut) {
  const auto made = globs_of("/a/{../,./,b/}c");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->files, Globs_{"/a/b/c"});
}

TEST(AppArmorPattern, FaultsAreErrors) {
  for (const std::string text : {"/a{b", "/a}", "/a[b", "/a[]", "/[^\xc3\xa9]", "/\xff"}) {
    EXPECT_FALSE(globs_of(text)) << text;
  }
}

TEST(AppArmorPattern, BoundsEndIt) {
  std::string deep = "/", wide = "/";
  for (int i = 0; i < 100; ++i) deep += '{';
  for (int i = 0; i < 40; ++i) wide += "{a,b/,c}";
  EXPECT_FALSE(globs_of(deep + std::string(100, '}')));
  EXPECT_FALSE(globs_of(wide));
  EXPECT_FALSE(globs_of("/" + std::string(100'000, 'a')));
}

TEST(AppArmorPattern, FiniteNames) {
  EXPECT_TRUE(last_name_is_finite("/a/*/b"));
  EXPECT_TRUE(last_name_is_finite("/a/{b,c}"));
  EXPECT_FALSE(last_name_is_finite("/a/b*"));
  EXPECT_FALSE(last_name_is_finite("/a/**"));
  EXPECT_FALSE(last_name_is_finite("/a/{b,?}"));
}

}  // namespace
}  // namespace glacis::import::apparmor
