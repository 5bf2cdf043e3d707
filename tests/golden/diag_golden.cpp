// SPDX-License-Identifier: Apache-2.0
// golden_diag FOLDER [--update]: loads every profile of the folder and compares
// what is said about it with the .txt beside it (and with a .json or .concise, if
// there is one). --update rewrites what differs.
//
// The folder is read into memory as /p, so that no output names this machine. A
// line "# symlink: /bin/sh -> /usr/bin/dash" in a profile makes that link in a
// temporary root for the checks that look at the host.
#include <fmt/core.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/base/file.h"
#include "manager/diag/render.h"
#include "manager/profile/load.h"

namespace {

namespace fs = std::filesystem;
using namespace glacis;

constexpr std::size_t limit = std::size_t{4} << 20;

class Root {
 public:
  Root() {
    std::string name = fs::temp_directory_path() / "glacis-golden-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Root() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  void link(const fs::path& name, const fs::path& target) const {
    const fs::path at = path_ / name.relative_path();
    fs::create_directories(at.parent_path());
    fs::create_symlink(target, at);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// The links that a profile's comments ask for.
bool make_links(std::string_view text, const Root& root) {
  constexpr std::string_view mark = "# symlink: ";
  bool any = false;
  for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at)) {
    at += mark.size();
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    const std::size_t arrow = line.find(" -> ");
    root.link(line.substr(0, arrow), line.substr(arrow + 4));
    any = true;
  }
  return any;
}

struct Outcome {
  std::string text, json, concise;
};

Outcome outcome_of(const std::string& name, const std::string& text,
                   const profile::MemoryFiles& files) {
  const Root root;
  profile::LoadOptions options;
  options.files = &files;
  if (make_links(text, root)) options.root = root.path();
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  const auto loaded = profile::load_profile("/p/" + name, options, diagnostics, sources);
  Outcome out;
  out.text = diag::render_text(diagnostics, sources) + diag::summary(diagnostics, name) + "\n";
  out.text += loaded ? fmt::format("loads: {} rules\n", loaded->rules.size()) : "does not load\n";
  out.json = diag::render_json(diagnostics, sources);
  out.concise = diag::render_concise(diagnostics, sources);
  return out;
}

// True if the file holds `actual`, or did not have to exist.
bool same(const fs::path& expected_path, const std::string& actual, bool required, bool update) {
  if (!required && !fs::exists(expected_path)) return true;
  const auto expected = read_file(expected_path, limit);
  if (expected && *expected == actual) return true;
  if (update) return write_file(expected_path, actual).has_value();
  fmt::print("{}: differs; expected:\n{}\nactual:\n{}\n", expected_path.native(),
             expected ? *expected : "(no such file)", actual);
  return false;
}

void read_folder(const fs::path& folder, profile::MemoryFiles& files) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    if (auto text = read_file(entry.path(), limit)) {
      files.add("/p" / fs::relative(entry.path(), folder), std::move(*text));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const fs::path folder = argv[1];
  const bool update = argc > 2 && std::string_view(argv[2]) == "--update";
  profile::MemoryFiles files;
  read_folder(folder, files);
  std::vector<fs::path> profiles;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".toml") {
      profiles.push_back(entry.path());
    }
  }
  std::sort(profiles.begin(), profiles.end());
  std::size_t failed = 0;
  for (fs::path path : profiles) {
    const auto text = read_file(path, limit);
    if (!text) return 2;
    const Outcome outcome = outcome_of(path.filename().native(), *text, files);
    bool good = same(path.replace_extension(".txt"), outcome.text, true, update);
    good = same(path.replace_extension(".json"), outcome.json, false, update) && good;
    good = same(path.replace_extension(".concise"), outcome.concise, false, update) && good;
    failed += good ? 0 : 1;
  }
  fmt::print("{} cases, {} failed\n", profiles.size(), failed);
  return failed == 0 && !profiles.empty() ? 0 : 1;
}
