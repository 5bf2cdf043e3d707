// SPDX-License-Identifier: Apache-2.0
// What a drill that was killed left behind. The lock of drills is held, so that it
// is nobody's any more.
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>

#include "manager/cli/drill_decoys.h"

namespace glacis::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPlace = "{id}";
constexpr std::size_t kIdLength = 16;
constexpr std::string_view kScratch = "glacis-drill.";
constexpr std::size_t kScratchLength = kScratch.size() + 6;

bool is_roots(const fs::path& path, mode_t type) {
  struct stat st{};
  return ::lstat(path.c_str(), &st) == 0 && st.st_uid == 0 && (st.st_mode & S_IFMT) == type;
}

// Whether the name is that of the pattern with some drill's id in its place.
bool fits(std::string_view name, std::string_view pattern) {
  const std::size_t at = pattern.find(kPlace);
  const std::string_view before = pattern.substr(0, at), after = pattern.substr(at + kPlace.size());
  if (name.size() != before.size() + kIdLength + after.size() || !name.starts_with(before) ||
      !name.ends_with(after))
    return false;
  return std::ranges::all_of(name.substr(before.size(), kIdLength), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    out.push_back(at->path());
  return out;
}

void sweep_pattern(const std::string& pattern, std::vector<std::string>& found) {
  const fs::path path(pattern);
  const std::string name = path.filename().native();
  if (name.find(kPlace) == std::string::npos) return;
  for (const fs::path& one : entries(path.parent_path())) {
    if (!fits(one.filename().native(), name) ||
        (!is_roots(one, S_IFREG) && !is_roots(one, S_IFDIR)))
      continue;
    std::error_code error;
    if (fs::remove(one, error)) found.push_back(one.native());
  }
}

// A scratch folder, with what an act mounted in it.
void sweep_scratch(std::vector<std::string>& found) {
  for (const fs::path& one : entries("/var/tmp")) {
    const std::string name = one.filename().native();
    if (!name.starts_with(kScratch) || name.size() != kScratchLength || !is_roots(one, S_IFDIR))
      continue;
    for (const fs::path& below : entries(one))
      while (::umount2(below.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
      }
    std::error_code error;
    if (fs::remove_all(one, error) > 0 && !error) found.push_back(one.native());
  }
}

}  // namespace

std::vector<std::string> sweep(const drill::Scenarios& all) {
  std::vector<std::string> found;
  for (const drill::Scenario& scenario : all.all)
    for (const drill::Step& step : scenario.steps) {
      for (const drill::Decoy& decoy : step.decoys) sweep_pattern(decoy.path, found);
      sweep_pattern(step.probe.path, found);
    }
  sweep_scratch(found);
  return found;
}

}  // namespace glacis::cli
