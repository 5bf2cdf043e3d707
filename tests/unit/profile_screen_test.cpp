// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/screen.h"
#include "tests/unit/profile_fixture.h"

namespace glacis::profile {
namespace {

TEST(Screen, LeavesStringsAndCommentsAlone) {
  for (const char* text : {
           "a = \"é\" # é\nb = 'é'\n",
           "a = \"\"\"é\"\"é\"\"\"\nb = 1 # é",
           "a = '''é''é'''\n",
           "a = \"\"\"é\"\"\"\"\"\nb = \"é\"\n",
           "a = \"\" # é\nb = '' # é\n",
           "a = \"\\\"é\" \nb = '\\' # é\n",
           "a = \"\"\"x\\\n  y é\"\"\"\n",
       }) {
    EXPECT_EQ(screen(text), text);
  }
}

TEST(Screen, ReplacesWhatStandsOutside) {
  EXPECT_EQ(screen("é = 1"), "! = 1");
  EXPECT_EQ(screen("a = [é, 日, \"é\"]"), "a = [!, !, \"é\"]");
  EXPECT_EQ(screen("a =\xc2\xa0"
                   "1"),
            "a =!1");
  EXPECT_EQ(screen("a = \"x\ny = é"), "a = \"x\ny = !");
  EXPECT_EQ(screen("a = \"\"\"\"\"\" é"), "a = \"\"\"\"\"\" !");
}

TEST(Screen, KeepsWhatIsNoCharacterForTheReaderToRefuse) {
  EXPECT_EQ(screen("a = \x80"), "a = \x80");
  EXPECT_EQ(screen(""), "");
  EXPECT_EQ(screen("\""), "\"");
  EXPECT_EQ(screen("\"\\"), "\"\\");
  EXPECT_EQ(screen("\"\"\"\\"), "\"\"\"\\");
}

TEST(Screen, IsWhatParsingSees) {
  EXPECT_TRUE(load("description = \"é\" # é\n").profile);
  EXPECT_TRUE(load("description = \"\"\"\né \\\n  e é\"\"\"\n").profile);
  for (const char* body :
       {"é = 1\n", "mode =\xc2\xa0\"audit\"\n", "[é]\n", "x = [é]\n", "x = 1é\n",
        "description = \"\"\"a\\\n  é\"\"\"\n", "description = \"\"\"\\é\"\"\"\n",
        "x\xe3\x80\x80= 1\n", "x = 1 \xe2\x80\xa8\n"}) {
    const Loaded loaded = load(body);
    EXPECT_FALSE(loaded.profile) << body;
    EXPECT_TRUE(loaded.has(diag::Code::GL101)) << loaded.text();
  }
}

}  // namespace
}  // namespace glacis::profile
