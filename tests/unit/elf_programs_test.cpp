// SPDX-License-Identifier: Apache-2.0
// Programs and libraries: how they are found, and that nothing which real ones
// do is missing.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "elf_fixture.h"

namespace glacis::elf {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "glacis-elf-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  void TearDown() override { fs::remove_all(path_); }

  void write(const std::string& path, const Bytes& bytes) {
    fs::create_directories((path_ / path).parent_path());
    std::ofstream out(path_ / path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }
  void program(const std::string& path, const std::vector<std::string>& needed) {
    Maker maker;
    for (const std::string& one : needed) maker.needs(one);
    maker.starts_at(maker.function("start", number(60) + system_call + return_back));
    write(path, maker.bytes());
  }
  std::vector<std::string> loaded(const std::string& path) {
    const auto root = Root::open(path_);
    const auto program = load_program(*root, path);
    EXPECT_TRUE(program.has_value()) << (program ? "" : program.error().what);
    std::vector<std::string> out;
    if (!program) return out;
    for (const Image& one : program->images) out.push_back(one.path);
    for (const std::string& one : program->missing) out.push_back("-" + one);
    return out;
  }

  fs::path path_;
};

using Paths = std::vector<std::string>;

TEST_F(Folder, LibrariesThatNeedEachOther) {
  program("bin/p", {"libone.so"});
  program("usr/lib/libone.so", {"libtwo.so"});
  program("usr/lib/libtwo.so", {"libone.so", "libtwo.so"});
  EXPECT_EQ(loaded("/bin/p"), (Paths{"/bin/p", "/usr/lib/libone.so", "/usr/lib/libtwo.so"}));
}

TEST_F(Folder, ConfiguredFoldersComeFirst) {
  program("bin/p", {"libone.so"});
  program("usr/lib/libone.so", {});
  program("opt/lib/libone.so", {});
  const std::string config = "# a comment\ninclude ld.so.conf.d/*.conf\ninclude ld.so.conf\n";
  write("etc/ld.so.conf", Bytes(config.begin(), config.end()));
  const std::string folder = "/opt/lib\nrelative\n";
  write("etc/ld.so.conf.d/a.conf", Bytes(folder.begin(), folder.end()));
  EXPECT_EQ(loaded("/bin/p"), (Paths{"/bin/p", "/opt/lib/libone.so"}));
}

TEST_F(Folder, WhatIsMissingIsSaid) {
  program("bin/p", {"libone.so"});
  EXPECT_EQ(loaded("/bin/p"), (Paths{"/bin/p", "-libone.so"}));
  const auto root = Root::open(path_);
  const auto found = calls_of(*load_program(*root, "/bin/p"));
  ASSERT_EQ(found.unresolved.size(), 1u);
  EXPECT_EQ(found.unresolved.front().why, "this library was not found");
}

// A link that leads to "/" leads to the folder that stands for it.
TEST_F(Folder, LinksStayInside) {
  program("real/p", {});
  fs::create_symlink("/real/p", path_ / "link");
  fs::create_symlink("../../../../../../bin/true", path_ / "out");
  EXPECT_EQ(loaded("/link"), Paths{"/link"});
  const auto root = Root::open(path_);
  EXPECT_FALSE(load_program(*root, "/out").has_value());
}

TEST_F(Folder, ALibraryThatIsNone) {
  program("bin/p", {"libone.so"});
  write("usr/lib/libone.so", Bytes{'n', 'o'});
  const auto root = Root::open(path_);
  const auto got = load_program(*root, "/bin/p");
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().what, "/usr/lib/libone.so is no ELF file");
}

TEST_F(Folder, APipeIsNoProgram) {
  ASSERT_EQ(::mkfifo((path_ / "pipe").c_str(), 0600), 0);
  const auto root = Root::open(path_);
  EXPECT_FALSE(load_program(*root, "/pipe").has_value());
}

// Names of what strace sees of a command, without those of other programs.
std::set<std::string> observed(const std::string& command, const fs::path& folder) {
  const std::string file = folder / "trace";
  const std::string line = "strace -qq -o " + file + " " + command + " >/dev/null 2>&1";
  std::set<std::string> out;
  if (std::system(line.c_str()) == -1) return out;
  std::ifstream in(file);
  for (std::string text; std::getline(in, text);) {
    const auto end = text.find('(');
    if (end == std::string::npos || end == 0 || text.front() < 'a' || text.front() > 'z') continue;
    out.insert(text.substr(0, end));
  }
  return out;
}

class Observed : public Folder, public testing::WithParamInterface<const char*> {};

TEST_P(Observed, IsASubset) {
  const auto seen = observed(GetParam(), path_);
  if (seen.empty()) GTEST_SKIP() << "strace is not here, or may not trace";
  const std::string command = GetParam();
  const auto root = Root::open("/");
  const auto program = load_program(*root, command.substr(0, command.find(' ')));
  ASSERT_TRUE(program.has_value()) << program.error().what;
  const auto found = calls_of(*program);
  std::set<std::string> names;
  for (const auto& [number, places] : found.calls) names.insert(call_name(number));
  for (const std::string& one : seen) EXPECT_TRUE(names.contains(one)) << one;
  // Fewer than a third of all, or it would be no use.
  EXPECT_LT(names.size(), 120u);
  EXPECT_GT(names.size(), seen.size());
}

INSTANTIATE_TEST_SUITE_P(Programs, Observed,
                         testing::Values("/bin/true", "/bin/ls -lR /etc", "/bin/cat /etc/passwd"));

}  // namespace
}  // namespace glacis::elf
