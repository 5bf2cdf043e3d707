// SPDX-License-Identifier: Apache-2.0
// First profiles of programs, and what is none.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

#include "manager/init/program.h"

namespace glacis::init {
namespace {

namespace fs = std::filesystem;

class InitProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "glacis-init-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = fs::canonical(name);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path file(const std::string& name, const std::string& text, fs::perms mode) {
    std::ofstream(folder_ / name) << text;
    fs::permissions(folder_ / name, mode);
    return folder_ / name;
  }

  fs::path folder_;
  static constexpr fs::perms program = fs::perms::owner_all;
};

TEST_F(InitProgram, IsTheFileThatALinkLeadsTo) {
  const fs::path real = file("server[1]",
                             "\x7f"
                             "ELF",
                             program);
  fs::create_symlink(real, folder_ / "link");
  const auto made = workload_of_program(folder_ / "link");
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(made->attach, (folder_ / R"(server\[1\])").string());
  EXPECT_EQ(made->programs, std::vector<std::string>{made->attach});
  EXPECT_NE(first_profile(*made).find("[attach]\nexec = "), std::string::npos);
}

TEST_F(InitProgram, OfAScriptItsInterpreterToo) {
  const fs::path shell = file("sh",
                              "\x7f"
                              "ELF",
                              program);
  const auto made =
      workload_of_program(file("script", "#! \t" + shell.string() + " -e\necho\n", program));
  ASSERT_TRUE(made) << made.error().what;
  ASSERT_EQ(made->programs.size(), 2u);
  EXPECT_EQ(made->programs[1], shell.string());
}

TEST_F(InitProgram, RefusesWhatIsNone) {
  EXPECT_FALSE(workload_of_program(folder_ / "missing"));
  EXPECT_FALSE(workload_of_program(folder_));
  EXPECT_FALSE(workload_of_program("/dev/null"));
  EXPECT_FALSE(workload_of_program(file("text", "hello", fs::perms::owner_read)));
  EXPECT_FALSE(workload_of_program(file("lost", "#!/no/such/interpreter\n", program)));
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0700), 0);
  EXPECT_FALSE(workload_of_program(folder_ / "pipe"));
}

}  // namespace
}  // namespace glacis::init
