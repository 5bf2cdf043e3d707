// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manager/daemon/message.h"

namespace glacis::daemon {
namespace {

TEST(DaemonMessage, Call) {
  const auto call = parse_call(
      R"({"method":"org.glacis.control.Monitor","parameters":{"domain":"a"},"more":true})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->interface, "org.glacis.control");
  EXPECT_EQ(call->method, "Monitor");
  EXPECT_EQ(call->parameters.at("domain"), "a");
  EXPECT_TRUE(call->more);
  EXPECT_FALSE(call->oneway);
  EXPECT_TRUE(parse_call(R"({"method":"a.B","parameters":null})"));
}

TEST(DaemonMessage, Garbage) {
  std::string deep = R"({"method":"a.B","parameters":{"x":)";
  for (int i = 0; i < 5000; ++i) deep += '[';
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"),
        std::string("\xff\xfe"), std::string(R"({"method":5})"),
        std::string(R"({"method":"a.B","parameters":[]})"),
        std::string(R"({"method":"a.B","more":1})"),
        std::string(R"({"method":"a.B","upgrade":true})"),
        std::string(R"({"method":"a.B","oneway":true,"more":true})"),
        std::string(R"({"method":"B"})"), std::string(R"({"method":".B"})"),
        std::string(R"({"method":"a."})"), std::string(R"({"method":"a b.C"})"),
        std::string(R"({"method":"a.B"} x)"), std::string(R"({})"), deep})
    EXPECT_FALSE(parse_call(text)) << text.substr(0, 60);
}

TEST(DaemonMessage, RepliesEndWithZero) {
  EXPECT_EQ(reply({{"a", 1}}), std::string(R"({"parameters":{"a":1}})") + '\0');
  EXPECT_EQ(reply({{"a", 1}}, true),
            std::string(R"({"parameters":{"a":1},"continues":true})") + '\0');
  EXPECT_EQ(error_reply("x.Y", Json::object()),
            std::string(R"({"error":"x.Y","parameters":{}})") + '\0');
}

TEST(DaemonFrames, AnyPartsGiveTheSameMessages) {
  const std::string bytes("one\0two\0\0three", 14);
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    Frames frames;
    for (std::size_t at = 0; at < bytes.size(); at += size)
      ASSERT_TRUE(frames.add(std::string_view(bytes).substr(at, size)));
    EXPECT_EQ(frames.next(), "one");
    EXPECT_EQ(frames.next(), "two");
    EXPECT_EQ(frames.next(), "");
    EXPECT_EQ(frames.next(), std::nullopt);
    EXPECT_FALSE(frames.empty());  // "three" has not ended
  }
}

TEST(DaemonFrames, LongMessagesAreNotKept) {
  Frames frames;
  EXPECT_TRUE(frames.add("12345", 8));
  EXPECT_TRUE(frames.add("678", 8));
  EXPECT_FALSE(frames.add("9", 8));
  Frames many;  // together longer, each short enough
  EXPECT_TRUE(many.add(std::string_view("12345678\0"
                                        "12345678\0",
                                        18),
                       8));
  EXPECT_FALSE(many.add(std::string_view("\0"
                                         "123456789\0",
                                         11),
                        8));
}

}  // namespace
}  // namespace glacis::daemon
