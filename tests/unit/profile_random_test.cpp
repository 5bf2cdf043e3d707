// SPDX-License-Identifier: Apache-2.0
// Damaged profiles: whatever the text, an answer comes, quickly and printable.
#include <ctime>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/unit/profile_fixture.h"

namespace glacis::profile {
namespace {

std::string shipped(const std::string& name) {
  std::ifstream in("profiles/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class Damage {
 public:
  explicit Damage(std::string text) : text_(std::move(text)) {}

  std::string once() {
    static const std::vector<std::string> pieces = {
        "\"",         "[", "]", "{",           "}",    "**", "${", "}",        "\\",
        "\n",         "=", ",", "\x1b",        "\xff", "..", "//", "${sites}", "deny = true\n",
        "[[file]]\n", "0", "-", "\xe2\x80\xae"};
    std::string out = text_;
    const std::size_t count = below(6) + 1;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = below(out.size());
      switch (below(4)) {
        case 0:
          out.erase(at, below(20));
          break;
        case 1:
          out.insert(at, pieces[below(pieces.size())]);
          break;
        case 2:
          out.insert(at, out.substr(below(out.size()), below(80)));
          break;
        default:
          out[at] = static_cast<char>(below(256));
          break;
      }
    }
    return out;
  }

 private:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  std::string text_;
  std::mt19937 random_{7};
};

TEST(Random, DamagedProfilesAreAnswered) {
  MemoryFiles files;
  for (const char* name : {"base", "nameservice", "tls"}) {
    const std::string path = std::string("abstractions/") + name + ".toml";
    files.add("/p/" + path, shipped(path));
  }
  Damage damage(shipped("nginx.toml"));
  std::size_t loaded = 0;
  for (int round = 0; round < 2000; ++round) {
    Loaded out;
    load_into(out, damage.once(), &files);
    loaded += out.profile ? 1 : 0;
    EXPECT_EQ(out.profile.has_value(), !out.diagnostics.failed());
    const std::string text = out.text() + diag::render_json(out.diagnostics, out.sources);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\xff'), std::string::npos);
  }
  EXPECT_GT(loaded, 0u);
  EXPECT_LT(loaded, 2000u);
}

std::string repeated(const std::string& text, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += text;
  return out;
}

// Where the library has assertions and unreachable places of its own.
TEST(Random, TextThatTheReaderTakesForImpossibleIsRefused) {
  for (const char* text :
       {"x = [ }", "x = [ }\n", "x = [1, }]", "x = 1\"a\"", "x = [1\"a\"]", "x = [1'a']",
        "x = 0x\"/usr\",\n]", "x = [0\"\xd1\x9a\",\n\"/usr\",\n]"}) {
    Loaded out;
    load_into(out, text, nullptr);
    EXPECT_FALSE(out.profile.has_value()) << text;
    EXPECT_TRUE(out.diagnostics.failed()) << text;
  }
}

TEST(Random, HugeProfilesAreAnswered) {
  const std::size_t size = largest_file - 1000;
  for (const std::string& body : {
           repeated("[", size),
           "x = " + repeated("[", size),
           "x = [" + repeated("é,", size),
           "x = [" + repeated("\"é\",", size) + "]",
           repeated("[[file]]\n", size),
           "[[file]]\naccess = [\"read\"]\npath = [" + repeated("\"x\",", size) + "]",
           "[[file]]\naccess = [\"read\"]\npath = [" + repeated("\"é\",", size) + "]",
           "[[file]]\naccess = [\"write\"]\npath = [" + repeated("\"/a/**b*c**\",", size / 2) + "]",
           "[[file]]\ndeny = [" + repeated("\"/**a*\",", size / 4) +
               "]\n[[file]]\naccess = [\"read\"]\npath = [" + repeated("\"/**b*\",", size / 4) +
               "]",
           "[[file]]\naccess = \"read\"\npath = \"/" + repeated("{a,b", size) + "\"",
           "[[file]]\naccess = \"read\"\npath = \"/" + repeated("*a", size) + "\"",
           "[vars]\na = \"" + repeated("${a}", size) + "\"",
       }) {
    const std::clock_t start = std::clock();  // of the processor: a busy host is no hang
    const Loaded out = load(body);
    (void)out.text();
    EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 20) << body.substr(0, 60);
  }
}

}  // namespace
}  // namespace glacis::profile
