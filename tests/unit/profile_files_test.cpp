// SPDX-License-Identifier: Apache-2.0
// Reading from the disk, and everything that can be wrong with a file.
#include <sys/stat.h>

#include <filesystem>

#include "manager/base/file.h"
#include "tests/unit/profile_fixture.h"

namespace glacis::profile {
namespace {

namespace fs = std::filesystem;
using diag::Code;

class Disk : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "glacis-profile-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    ASSERT_TRUE(write_file(folder_ / name, text));
  }

  Loaded load_file(const std::string& name, LoadOptions options = {}) {
    Loaded out;
    out.profile = load_profile(folder_ / name, options, out.diagnostics, out.sources);
    return out;
  }

  fs::path folder_;
};

TEST_F(Disk, ReadsAProfileWithAllThatBelongsToIt) {
  write("etc/abstractions/a.toml", "schema = 1\n[memory]\nallow = [\"exec_anon\"]\n");
  write("p/x.toml", "schema = 1\ninclude = [\"abstractions/a\"]\n[profile]\nname = \"x\"\n");
  write("p/x.toml.d/1.toml", "schema = 1\n[kernel]\nallow = [\"io_uring\"]\n");
  LoadOptions options;
  options.search = {folder_ / "etc"};
  const Loaded loaded = load_file("p/x.toml", options);
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_EQ(loaded.profile->rules.size(), 2u);
  EXPECT_EQ(loaded.profile->files.size(), 3u);
}

TEST_F(Disk, FindsIncludesInTheProfilesFolderFirst) {
  write("p/a.toml", "schema = 1\n[memory]\nallow = [\"exec_anon\"]\n");
  write("etc/a.toml", "schema = 1\n");
  write("profiles/b.toml", "schema = 1\n[memory]\nallow = [\"exec_heap\"]\n");
  write("p/x.toml", "schema = 1\ninclude = [\"a\", \"b\"]\n[profile]\nname = \"x\"\n");
  LoadOptions options;
  options.search = {folder_ / "etc"};
  const Loaded loaded = load_file("p/x.toml", options);
  ASSERT_TRUE(loaded.profile) << loaded.text();
  EXPECT_EQ(loaded.profile->rules.size(), 2u);
}

TEST_F(Disk, SaysWhatIsWrongWithAFile) {
  EXPECT_TRUE(load_file("none.toml").has(Code::GL103));
  fs::create_directory(folder_ / "d.toml");
  EXPECT_TRUE(load_file("d.toml").has(Code::GL104));
  ASSERT_EQ(::mkfifo((folder_ / "p.toml").c_str(), 0600), 0);
  EXPECT_TRUE(load_file("p.toml").has(Code::GL104));
  write("big.toml", header + "#" + std::string(largest_file, 'x'));
  EXPECT_TRUE(load_file("big.toml").has(Code::GL105));
  fs::create_symlink("loop.toml", folder_ / "loop.toml");
  EXPECT_TRUE(load_file("loop.toml").has(Code::GL103));
}

TEST_F(Disk, DoesNotLoadWithoutItsDropIns) {
  write("x.toml", header);
  fs::create_directories(folder_ / "x.toml.d/1.toml");
  EXPECT_TRUE(load_file("x.toml").has(Code::GL104));
  fs::remove_all(folder_ / "x.toml.d");
  write("x.toml.d", "a file where the folder should be");
  EXPECT_TRUE(load_file("x.toml").has(Code::GL103));
}

TEST_F(Disk, LooksForSymlinksBelowTheRootGiven) {
  fs::create_directories(folder_ / "root/usr/bin");
  fs::create_symlink("usr/bin", folder_ / "root/bin");
  fs::create_symlink("/usr/bin/dash", folder_ / "root/usr/bin/sh");
  write("x.toml", header + "[exec]\nallow = [\"/bin/sh\", \"/usr/bin/dash\"]\n");
  LoadOptions options;
  const Loaded without = load_file("x.toml", options);
  EXPECT_FALSE(without.has(Code::GL311));
  options.root = folder_ / "root";
  const Loaded with = load_file("x.toml", options);
  ASSERT_TRUE(with.profile);
  EXPECT_EQ(with.diagnostics.warnings(), 1u);
  EXPECT_NE(with.text().find("/usr/bin/dash)"), std::string::npos) << with.text();
}

TEST(Shipped, ProfilesLoadWithoutErrorsOrWarnings) {
  for (const char* path : {"profiles/nginx.toml", "profiles/redis.toml"}) {
    Loaded out;
    LoadOptions options;
    options.search.clear();
    out.profile = load_profile(path, options, out.diagnostics, out.sources);
    EXPECT_TRUE(out.profile) << out.text();
    EXPECT_EQ(out.diagnostics.warnings(), 0u) << out.text();
  }
}

}  // namespace
}  // namespace glacis::profile
