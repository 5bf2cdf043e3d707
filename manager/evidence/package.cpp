// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/package.h"

#include <string_view>
#include <system_error>
#include <vector>

#include "manager/base/file.h"

namespace glacis::evidence {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kLargestList = std::size_t{32} << 20;  // of one list
constexpr std::string_view kEnding = ".list";

// As the lists may write it, where /bin leads to /usr/bin.
std::vector<std::string> spellings(const std::string& path) {
  constexpr std::string_view usr = "/usr";
  std::vector<std::string> out = {path};
  if (path.starts_with("/usr/bin/") || path.starts_with("/usr/sbin/") ||
      path.starts_with("/usr/lib"))
    out.push_back(path.substr(usr.size()));
  else if (path.starts_with("/bin/") || path.starts_with("/sbin/") || path.starts_with("/lib"))
    out.push_back(std::string(usr) + path);
  return out;
}

bool has_line(std::string_view text, std::string_view line) {
  for (auto at = text.find(line); at != text.npos; at = text.find(line, at + 1)) {
    const bool begins = at == 0 || text[at - 1] == '\n';
    const bool ends = at + line.size() == text.size() || text[at + line.size()] == '\n';
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> package_of(const std::string& path, const fs::path& folder) {
  if (!path.starts_with('/') || path.contains('\n')) return std::nullopt;
  const auto wanted = spellings(path);
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().native();
    if (!name.ends_with(kEnding)) continue;
    const auto text = read_whole(at->path(), kLargestList);
    if (!text) continue;
    for (const std::string& one : wanted)
      if (has_line(*text, one)) {
        const std::string own = name.substr(0, name.size() - kEnding.size());
        return own.substr(0, own.find(':'));  // without the architecture
      }
  }
  return std::nullopt;
}

}  // namespace glacis::evidence
