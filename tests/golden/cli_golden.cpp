// SPDX-License-Identifier: Apache-2.0
// golden_cli FOLDER GLACIS [--update]: runs every .cmd of the folder in FOLDER/p
// and compares exit code, stdout and stderr with the .txt beside it. --update
// rewrites what differs.
//
// A .cmd is a shell script. `glacis` is GLACIS, $TMP an empty folder (shown as
// TMP), $SOURCE the source tree. With a line "# as: nobody" it is run by that
// user, if the test is run by root.
#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/base/fd.h"
#include "manager/base/file.h"

namespace {

namespace fs = std::filesystem;
using namespace glacis;

constexpr std::size_t limit = std::size_t{4} << 20;
constexpr unsigned nobody = 65534;

class Folder {
 public:
  Folder() {
    std::string name = fs::temp_directory_path() / "glacis-golden-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
    fs::permissions(path_, fs::perms::all);
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct Setting {
  fs::path folder, program;
};

[[noreturn]] void be_shell(const Setting& setting, const std::string& script, const fs::path& tmp,
                           const fs::path& results, bool as_nobody) {
  const int out = ::open((results / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int err = ::open((results / "err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int in = ::open("/dev/null", O_RDONLY);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  // Both are opened by root: the tree may lie where nobody else gets, as in /root.
  const int programs = ::open(setting.program.parent_path().c_str(), O_PATH | O_DIRECTORY);
  if (programs < 0 || ::chdir((setting.folder / "p").c_str()) != 0) ::_exit(99);
  if (as_nobody && ::geteuid() == 0 &&
      (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0))
    ::_exit(99);
  const std::string path =
      fmt::format("PATH=/proc/self/fd/{}:/usr/sbin:/usr/bin:/sbin:/bin", programs);
  const std::string temporary = "TMP=" + tmp.native();
  // FOLDER is tests/golden/cli of the tree.
  const fs::path tree = setting.folder.parent_path().parent_path().parent_path();
  const std::string source = "SOURCE=" + tree.native();
  const char* const environment[] = {path.c_str(), temporary.c_str(), source.c_str(),
                                     "LC_ALL=C",   "TERM=dumb",       nullptr};
  const char* const words[] = {"/bin/sh", "-c", script.c_str(), nullptr};
  ::execve("/bin/sh", const_cast<char**>(words), const_cast<char**>(environment));
  ::_exit(99);
}

std::string without_place(std::string text, const fs::path& tmp) {
  const std::string& place = tmp.native();
  for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at))
    text.replace(at, place.size(), "TMP");
  return text;
}

std::string outcome_of(const Setting& setting, const std::string& script) {
  const Folder tmp, results;
  const bool as_nobody = script.find("# as: nobody") != std::string::npos;
  const pid_t child = ::fork();
  if (child == 0) be_shell(setting, script, tmp.path(), results.path(), as_nobody);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return "cannot run the shell\n";
  std::string text =
      fmt::format("exit {}\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  for (const char* stream : {"out", "err"}) {
    const auto bytes = read_file(results.path() / stream, limit);
    if (bytes && !bytes->empty()) text += fmt::format("-- std{}\n{}", stream, *bytes);
  }
  return without_place(std::move(text), tmp.path());
}

bool same(const fs::path& expected_path, const std::string& actual, bool update) {
  const auto expected = read_file(expected_path, limit);
  if (expected && *expected == actual) return true;
  if (update) return write_file(expected_path, actual).has_value();
  fmt::print("{}: differs; expected:\n{}\nactual:\n{}\n", expected_path.native(),
             expected ? *expected : "(no such file)", actual);
  return false;
}

std::vector<fs::path> cases_of(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".cmd") out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const Setting setting{fs::canonical(argv[1]), fs::canonical(argv[2])};
  const bool update = argc > 3 && std::string_view(argv[3]) == "--update";
  const std::vector<fs::path> cases = cases_of(setting.folder);
  std::size_t failed = 0;
  for (fs::path path : cases) {
    const auto script = read_file(path, limit);
    if (!script) return 2;
    const std::string actual = outcome_of(setting, *script);
    failed += same(path.replace_extension(".txt"), actual, update) ? 0 : 1;
  }
  fmt::print("{} cases, {} failed\n", cases.size(), failed);
  return failed == 0 && !cases.empty() ? 0 : 1;
}
