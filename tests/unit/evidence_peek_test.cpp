// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manager/evidence/peek.h"

namespace glacis::evidence {
namespace {

TEST(Peek, TakesMembersOfTheObjectItselfOnly) {
  const auto out =
      peek(R"({"a":{"schema":"inner","seq":1},"boot":"b","text":"\",\"seq\":9,\\","ring":7,)"
           R"("list":["seq",{"to":5}],"seq":12,"schema":"glacis.event/1"})");
  ASSERT_TRUE(out);
  EXPECT_EQ(peeked_text(out->schema), "glacis.event/1");
  EXPECT_EQ(peeked_text(out->boot), "b");
  EXPECT_EQ(peeked_number(out->seq), 12u);
  EXPECT_EQ(peeked_number(out->ring), 7u);
  EXPECT_TRUE(out->to.empty());
}

TEST(Peek, WhatIsNoObjectIsNone) {
  for (const char* line : {"", "x", "[1]", "{", "{\"a", "{\"a\":\"b", R"({"a":"b\"})",
                           R"({"a":1]})", R"({"a":[1})", R"({"a":1} )", R"({"a":1}{})", "{\"\\"})
    EXPECT_FALSE(peek(line)) << line;
}

TEST(Peek, ValuesOfOtherTypesAreNone) {
  EXPECT_EQ(peeked_text("12"), "");
  EXPECT_EQ(peeked_text(R"("a\nb")"), "");
  EXPECT_FALSE(peeked_number("\"12\""));
  EXPECT_FALSE(peeked_number("-1"));
  EXPECT_FALSE(peeked_number("1.5"));
  EXPECT_FALSE(peeked_number("99999999999999999999"));
}

}  // namespace
}  // namespace glacis::evidence
