// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "manager/daemon/files.h"

namespace glacis::daemon {
namespace {

using Kind = ReadFailure::Kind;

class DaemonFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "glacis-files-XXXXXX";
    folder = ::mkdtemp(name.data());
    fs::create_directory(folder / "profiles");
    write("profiles/a.toml", "text");
  }
  void TearDown() override { fs::remove_all(folder); }

  void write(const fs::path& path, const std::string& text) {
    std::ofstream(folder / path) << text;
    ::chmod((folder / path).c_str(), 0644);
  }
  [[nodiscard]] std::optional<Kind> refused(const fs::path& path) const {
    const auto text = files.read(folder / path);
    return text ? std::nullopt : std::optional(text.error().kind);
  }

  fs::path folder;
  TrustedFiles files{::geteuid()};
};

TEST_F(DaemonFiles, RegularFileOfTheOwner) {
  EXPECT_EQ(files.read(folder / "profiles/a.toml"), "text");
  EXPECT_EQ(refused("profiles/none.toml"), Kind::missing);
  EXPECT_EQ(refused("nowhere/none.toml"), Kind::missing);
}

TEST_F(DaemonFiles, OfAnotherOwner) {
  const TrustedFiles others(::geteuid() + 1);
  const auto text = others.read(folder / "profiles/a.toml");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, Kind::unreadable);
}

TEST_F(DaemonFiles, WritableByOthers) {
  for (const mode_t mode : {0664, 0646, 0666}) {
    ::chmod((folder / "profiles/a.toml").c_str(), mode);
    EXPECT_EQ(refused("profiles/a.toml"), Kind::unreadable) << mode;
  }
  ::chmod((folder / "profiles/a.toml").c_str(), 0644);
  ::chmod((folder / "profiles").c_str(), 0775);
  EXPECT_EQ(refused("profiles/a.toml"), Kind::unreadable);
  EXPECT_FALSE(files.list(folder / "profiles"));
}

TEST_F(DaemonFiles, SymbolicLinks) {
  write("outside.toml", "text");
  fs::create_symlink(folder / "outside.toml", folder / "profiles/link.toml");
  EXPECT_EQ(refused("profiles/link.toml"), Kind::not_regular);
  fs::create_symlink(folder / "profiles", folder / "linked");
  EXPECT_EQ(refused("linked/a.toml"), Kind::not_regular);
}

TEST_F(DaemonFiles, PipesAndFoldersAreNotWaitedFor) {
  ASSERT_EQ(::mkfifo((folder / "profiles/pipe.toml").c_str(), 0600), 0);
  fs::create_directory(folder / "profiles/folder.toml");
  EXPECT_EQ(refused("profiles/pipe.toml"), Kind::not_regular);
  EXPECT_EQ(refused("profiles/folder.toml"), Kind::not_regular);
}

TEST_F(DaemonFiles, LargeFilesAreNotRead) {
  write("profiles/large.toml", std::string(profile::largest_file + 1, 'x'));
  EXPECT_EQ(refused("profiles/large.toml"), Kind::too_large);
}

TEST_F(DaemonFiles, ProfilesByName) {
  write("profiles/.hidden.toml", "");
  write("profiles/b.toml~", "");
  const auto found = find_profiles(files, {folder, folder / "none"});
  ASSERT_EQ(found.files.size(), 1u);
  EXPECT_EQ(found.files.begin()->first, "a.toml");
  EXPECT_TRUE(found.problems.empty());
}

}  // namespace
}  // namespace glacis::daemon
