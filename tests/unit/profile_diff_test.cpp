// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "manager/profile/diff.h"
#include "tests/unit/profile_fixture.h"

namespace glacis::profile {
namespace {

std::string diff_of(const std::string& before, const std::string& after) {
  const Loaded a = load(before);
  const Loaded b = load(after);
  EXPECT_TRUE(a.profile) << a.text();
  EXPECT_TRUE(b.profile) << b.text();
  return a.profile && b.profile ? diff_text(diff(*a.profile, *b.profile)) : "";
}

std::string file(const std::string& path, const std::string& access) {
  return "[[file]]\npath = \"" + path + "\"\naccess = " + access + "\n";
}

TEST(Diff, OrderAndDivisionDoNotCount) {
  EXPECT_EQ(diff_of(file("/a", "[\"read\"]") + file("/a", "[\"write\"]") + file("/b", "\"read\""),
                    "# x\n[vars]\nb = \"/b\"\n" + file("${b}", "\"read\"") +
                        file("/a", "[\"write\", \"read\"]")),
            "");
}

TEST(Diff, NamesWhatCameAndWent) {
  EXPECT_EQ(diff_of(file("/a", "\"read\""), file("/b", "\"read\"")),
            "- file \"/a\": read  [narrower]  (/p/x.toml:5)\n"
            "+ file \"/b\": read  [wider]  (/p/x.toml:5)\n");
}

TEST(Diff, NamesWhatChanged) {
  EXPECT_EQ(diff_of(file("/a", "\"read\""), file("/a", "[\"read\", \"lock\"]")),
            "~ file \"/a\": read -> read lock  [wider]  (/p/x.toml:5)\n");
  EXPECT_EQ(diff_of(file("/a", "\"read\""), file("/a", "\"lock\"")),
            "~ file \"/a\": read -> lock  (/p/x.toml:5)\n");
}

TEST(Diff, ADenyNarrows) {
  EXPECT_EQ(diff_of("", "[[file]]\ndeny = \"/a\"\n"),
            "+ deny file \"/a\": every access  [narrower]  (/p/x.toml:5)\n");
}

TEST(Diff, TellsAnotherDigest) {
  const auto named = [](char digit) {
    return "[[exec.digest]]\npath = \"/x\"\nsha256 = \"" + std::string(64, digit) + "\"\n";
  };
  EXPECT_EQ(diff_of(named('a'), named('a')), "");
  EXPECT_EQ(diff_of(named('a'), named('b')), "~ setting exec.digest: /x=" + std::string(64, 'a') +
                                                 " -> /x=" + std::string(64, 'b') + "\n");
}

TEST(Diff, ComparesPortsAsSets) {
  const std::string head = "[[net]]\nop = \"connect\"\nto = \"10.0.0.0/8\"\ntcp = ";
  EXPECT_EQ(diff_of(head + "[80, 81, \"82-90\"]\n", head + "\"80-90\"\n"), "");
  EXPECT_EQ(diff_of(head + "[80]\n", head + "[80, 443]\n"),
            "~ net connect tcp 10.0.0.0/8: port 80 -> port 80 443  [wider]  (/p/x.toml:7)\n");
  EXPECT_EQ(diff_of(head + "[80]\n", head + "\"any\"\n"),
            "~ net connect tcp 10.0.0.0/8: port 80 -> every port  [wider]  (/p/x.toml:7)\n");
}

TEST(Diff, ComparesSettingsAndWords) {
  EXPECT_EQ(diff_of("mode = \"observe\"\n[capability]\nallow = [\"kill\"]\n",
                    "mode = \"enforce\"\n[memory]\nallow = [\"exec_heap\"]\n"),
            "~ setting mode: observe -> enforce\n"
            "- capability kill  [narrower]  (/p/x.toml:6)\n"
            "+ memory exec_heap  [wider]  (/p/x.toml:6)\n");
}

TEST(Diff, HasAJsonForm) {
  const Loaded a = load("");
  const Loaded b = load(file("/a\\u001b", "\"read\""));
  ASSERT_TRUE(a.profile && b.profile);
  const std::string text = diff_json(diff(*a.profile, *b.profile));
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["schema"], "glacis.diff/1");
  EXPECT_EQ(json["differences"][0]["change"], "added");
  EXPECT_EQ(json["differences"][0]["effect"], "wider");
  EXPECT_EQ(json["differences"][0]["subject"], "file \"/a\\x1b\"");
}

}  // namespace
}  // namespace glacis::profile
