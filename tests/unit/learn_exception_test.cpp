// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manager/learn/exception.h"

namespace glacis::learn {
namespace {

using Json = nlohmann::ordered_json;

Json refusal() {
  return {{"seq", 7u},
          {"time", "2026-11-23T16:19:02.114837Z"},
          {"verdict", "denied"},
          {"domain", "web"},
          {"grade", "probe"},
          {"blockers", {"file.read"}},
          {"hook", "file_open"},
          {"object", {{"kind", "file"}, {"ending", "rooted"}, {"path", "/srv/a[1]"}}}};
}

const Reviewed kBy{"ops \"x\"", "a probe\nof ours", "2099-06-30"};

TEST(Exception, NamesHookAndPath) {
  const auto got = exception_text(refusal(), "web", kBy);
  ASSERT_TRUE(got.has_value()) << got.error().what;
  EXPECT_EQ(
      *got,
      "\n# Record 7 of 2026-11-23T16:19:02.114837Z.\n[[benign]]\nhook = \"file_open\"\n"
      "path = \"/srv/a\\\\[1\\\\]\"\nowner = \"ops \\\"x\\\"\"\nreason = \"a probe\\nof ours\"\n"
      "expires = \"2099-06-30\"\n");
}

TEST(Exception, ACapability) {
  Json record = refusal();
  record["object"] = {{"kind", "capability"}};
  record["blockers"] = {"capability.sys_nice"};
  const auto got = exception_text(record, "web", kBy);
  ASSERT_TRUE(got.has_value()) << got.error().what;
  EXPECT_NE(got->find("capability = \"sys_nice\"\n"), std::string::npos);
}

TEST(Exception, WhatGetsNone) {
  for (const auto& [key, value] : {std::pair("domain", "mail"), std::pair("verdict", "observed"),
                                   std::pair("grade", "compromise")}) {
    Json record = refusal();
    record[key] = value;
    EXPECT_FALSE(exception_text(record, "web", kBy).has_value()) << key;
  }
  Json elsewhere = refusal();
  elsewhere["object"]["ending"] = "unlinked";
  EXPECT_FALSE(exception_text(elsewhere, "web", kBy).has_value());
  Json cut = refusal();
  cut["object"]["path_cut"] = true;
  EXPECT_FALSE(exception_text(cut, "web", kBy).has_value());
  Json socket = refusal();
  socket["object"] = {{"kind", "socket"}};
  EXPECT_FALSE(exception_text(socket, "web", kBy).has_value());
  EXPECT_FALSE(exception_text(Json::object(), "web", kBy).has_value());
}

// A changed log writes no lines of its own into the profile.
TEST(Exception, BytesOfALogAreQuoted) {
  Json record = refusal();
  record["time"] = "x\n[exec]\nallow = \"/**\"";
  record["hook"] = "y\"\n[exec]";
  const auto got = exception_text(record, "web", kBy);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->find("\n[exec]"), std::string::npos) << *got;
}

}  // namespace
}  // namespace glacis::learn
