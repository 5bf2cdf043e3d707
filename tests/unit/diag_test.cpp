// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "manager/diag/excerpt.h"
#include "manager/diag/render.h"

namespace glacis::diag {
namespace {

TEST(Codes, AreUniqueSortedAndExplained) {
  std::set<std::string_view> names;
  std::uint16_t last = 0;
  for (const CodeInfo& info : all_codes()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_GT(static_cast<std::uint16_t>(info.code), last);
    last = static_cast<std::uint16_t>(info.code);
    EXPECT_GT(info.explanation.size(), 60u) << info.name;
    EXPECT_EQ(info.explanation.find('\n'), std::string_view::npos) << info.name;
    EXPECT_EQ(info.explanation.back(), '.') << info.name;
    EXPECT_EQ(find_code(info.name), &info);
  }
}

TEST(Codes, AreFoundInEitherCase) {
  ASSERT_NE(find_code("gl204"), nullptr);
  EXPECT_EQ(find_code("gl204")->code, Code::GL204);
  EXPECT_EQ(find_code("GL999"), nullptr);
  EXPECT_EQ(find_code(""), nullptr);
  EXPECT_EQ(find_code("204"), nullptr);
}

TEST(Codes, ExplainInLinesOfEightyColumns) {
  const std::string text = render_code(describe(Code::GL204));
  EXPECT_EQ(text.rfind("GL204 (error): rule without effect\n\n", 0), 0u);
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    EXPECT_LE(end - begin, 80u);
    begin = end + 1;
  }
}

TEST(Source, FindsLines) {
  const Source source("x", "one\r\ntwo\n\nfour");
  EXPECT_EQ(source.line_count(), 4u);
  EXPECT_EQ(source.line(0), "");
  EXPECT_EQ(source.line(1), "one");
  EXPECT_EQ(source.line(2), "two");
  EXPECT_EQ(source.line(3), "");
  EXPECT_EQ(source.line(4), "four");
  EXPECT_EQ(source.line(5), "");
}

TEST(Excerpt, CountsColumnsNotBytes) {
  const Excerpt shown = excerpt("é = \"ü\"", 6, 10);
  EXPECT_EQ(shown.indent, 4u);
  EXPECT_EQ(shown.width, 3u);
}

TEST(Excerpt, WritesTabsAndControlBytesOut) {
  const Excerpt shown = excerpt("\ta\x1b = 1", 4, 5);
  EXPECT_EQ(shown.text, "    a\\x1b = 1");
  EXPECT_EQ(shown.indent, 9u);
}

TEST(Excerpt, CutsLongLines) {
  const std::string line = std::string(5000, 'a') + "X" + std::string(5000, 'b');
  const Excerpt shown = excerpt(line, 5001, 5002);
  EXPECT_LT(shown.text.size(), 200u);
  EXPECT_EQ(shown.text[shown.indent], 'X');
  EXPECT_TRUE(shown.text.starts_with("..."));
  EXPECT_TRUE(shown.text.ends_with("..."));
}

TEST(Excerpt, StandsAnySpan) {
  for (const std::size_t column : {0u, 1u, 3u, 4u, 100u}) {
    for (const std::size_t end : {0u, 1u, 2u, 4u, 1000u}) {
      EXPECT_GE(excerpt("abc", column, end).width, 1u);
      EXPECT_GE(excerpt("", column, end).width, 1u);
    }
  }
}

// The sample of the interface's description.
TEST(RenderText, LooksAsDescribed) {
  SourceSet sources;
  std::string text(30, '\n');
  text += "deny   = [\"/var/log/**\"]\n" + std::string(9, '\n');
  text += "path   = \"/var/log/nginx/access.log\"\n";
  const std::uint32_t file = sources.add("nginx.toml", text);
  Diagnostics diagnostics;
  diagnostics.add(Code::GL204, "this rule can never take effect")
      .at({file, 41, 10, 37}, "allowed here")
      .also({file, 31, 11, 24}, "refuses every path below")
      .suggest("narrow the deny on line 31, or delete this rule");
  EXPECT_EQ(render_text(diagnostics, sources),
            "error[GL204]: this rule can never take effect\n"
            "  --> nginx.toml:41:10\n"
            "   |\n"
            "31 | deny   = [\"/var/log/**\"]\n"
            "   |           ~~~~~~~~~~~~~ refuses every path below\n"
            "41 | path   = \"/var/log/nginx/access.log\"\n"
            "   |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^ allowed here\n"
            "   = help: narrow the deny on line 31, or delete this rule\n");
  EXPECT_EQ(summary(diagnostics, "nginx.toml"), "nginx.toml: 1 error");
}

TEST(RenderText, EscapesWhatProducersForgot) {
  SourceSet sources;
  const std::uint32_t file = sources.add("a\x1b.toml", "x\x1b = 1\n");
  Diagnostics diagnostics;
  diagnostics.add(Code::GL106, "unknown \x1b[2J")
      .at({file, 1, 1, 3}, "\x07")
      .note("\x9b")
      .suggest("\xe2\x80\xae");
  for (const std::string& text :
       {render_text(diagnostics, sources), render_concise(diagnostics, sources),
        render_json(diagnostics, sources)}) {
    EXPECT_EQ(text.find_first_of("\x1b\x07\x9b"), std::string::npos) << text;
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << text;
  }
}

TEST(RenderText, ColoursOnRequestOnly) {
  SourceSet sources;
  const std::uint32_t file = sources.add("a", "x = 1\n");
  Diagnostics diagnostics;
  diagnostics.add(Code::GL106, "m").at({file, 1, 1, 2});
  EXPECT_EQ(render_text(diagnostics, sources, Colour::off).find('\x1b'), std::string::npos);
  EXPECT_NE(render_text(diagnostics, sources, Colour::on).find("\x1b[1;31m"), std::string::npos);
}

TEST(RenderText, StandsSpansOutsideTheText) {
  SourceSet sources;
  const std::uint32_t file = sources.add("a", "x = 1\n");
  Diagnostics diagnostics;
  diagnostics.add(Code::GL101, "m").at({file, 99, 5, 3}).also({77, 1, 1, 1});
  EXPECT_NE(render_text(diagnostics, sources).find("a:99:5"), std::string::npos);
}

TEST(RenderJson, IsOneStableObject) {
  SourceSet sources;
  const std::uint32_t file = sources.add("a", "x = 1\n");
  Diagnostics diagnostics;
  diagnostics.add(Code::GL310, "m").at({file, 1, 1, 2}, "l").note("n").suggest("h");
  const auto json = nlohmann::json::parse(render_json(diagnostics, sources));
  EXPECT_EQ(json["schema"], "glacis.diagnostics/1");
  EXPECT_EQ(json["warnings"], 1);
  EXPECT_EQ(json["diagnostics"][0]["code"], "GL310");
  EXPECT_EQ(json["diagnostics"][0]["labels"][0]["end"], 2);
  EXPECT_EQ(json["diagnostics"][0]["help"], "h");
}

TEST(Diagnostics, AreBounded) {
  Diagnostics diagnostics;
  for (int i = 0; i < 10000; ++i) diagnostics.add(Code::GL106, "m");
  EXPECT_EQ(diagnostics.errors(), 10000u);
  EXPECT_LT(diagnostics.all().size(), 1000u);
  EXPECT_EQ(diagnostics.all().size() + diagnostics.not_kept(), 10000u);
}

TEST(Diagnostics, SortByPlaceAndKeepOrder) {
  Diagnostics diagnostics;
  diagnostics.add(Code::GL106, "c").at({0, 2, 1, 2});
  diagnostics.add(Code::GL106, "a").at({0, 1, 5, 6});
  diagnostics.add(Code::GL106, "b").at({0, 1, 5, 6});
  diagnostics.sort();
  EXPECT_EQ(diagnostics.all()[0].message, "a");
  EXPECT_EQ(diagnostics.all()[1].message, "b");
  EXPECT_EQ(diagnostics.all()[2].message, "c");
}

}  // namespace
}  // namespace glacis::diag
