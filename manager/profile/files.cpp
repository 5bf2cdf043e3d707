// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/files.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace glacis::profile {
namespace {

std::string key_of(const std::filesystem::path& path) { return path.lexically_normal().native(); }

}  // namespace

std::expected<std::string, ReadFailure> DiskFiles::read(const std::filesystem::path& path) const {
  return read_whole(path, largest_file);
}

std::expected<std::vector<std::string>, ReadFailure> DiskFiles::list(
    const std::filesystem::path& folder) const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator it(folder, error);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    names.push_back(it->path().filename().native());
  }
  if (error) return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, error.message()});
  std::sort(names.begin(), names.end());
  return names;
}

void MemoryFiles::add(const std::filesystem::path& path, std::string text) {
  texts_.insert_or_assign(key_of(path), std::move(text));
}

std::expected<std::string, ReadFailure> MemoryFiles::read(const std::filesystem::path& path) const {
  const auto found = texts_.find(key_of(path));
  if (found == texts_.end()) {
    return std::unexpected(ReadFailure{ReadFailure::Kind::missing, "No such file or directory"});
  }
  if (found->second.size() > largest_file) {
    return std::unexpected(ReadFailure{ReadFailure::Kind::too_large, "is larger than 1 MiB"});
  }
  return found->second;
}

std::expected<std::vector<std::string>, ReadFailure> MemoryFiles::list(
    const std::filesystem::path& folder) const {
  const std::string prefix = key_of(folder) + "/";
  std::vector<std::string> names;
  for (auto it = texts_.lower_bound(prefix); it != texts_.end(); ++it) {
    if (!it->first.starts_with(prefix)) break;
    const std::string name = it->first.substr(prefix.size());
    if (name.find('/') == std::string::npos) names.push_back(name);
  }
  return names;
}

}  // namespace glacis::profile
