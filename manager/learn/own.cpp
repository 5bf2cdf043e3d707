// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/own.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>

#include "manager/learn/tiers.h"

namespace glacis::learn {
namespace {

struct Folder {
  bool other = false;  // something there is none of its state
  std::unordered_set<std::string_view> branches;
  std::set<std::size_t> runs;
};

using Folders = std::map<std::string_view, Folder>;

// A name below the folder: its branch is the first name on the way, and "" for one
// that lies directly in it.
void add_made(Folder& folder, std::string_view below, const SeenPath& one) {
  const std::size_t slash = below.find('/');
  folder.branches.insert(slash == below.npos ? std::string_view() : below.substr(0, slash));
  folder.runs.insert(one.runs.begin(), one.runs.end());
}

Folders looked_at(const std::vector<SeenPath>& seen, Work& work) {
  Folders out;
  for (const SeenPath& one : seen) {
    const std::string_view path = one.path;
    const std::string_view parent = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
    const bool other =
        !one.own || (one.access & code_accesses) != 0 || tier_of(parent) != Tier::ordinary;
    for (std::size_t at = path.find('/', 1); at != path.npos; at = path.find('/', at + 1)) {
      work.steps += 1;
      Folder& folder = out[path.substr(0, at)];
      folder.other = folder.other || other;
      if (one.access & making_accesses) add_made(folder, path.substr(at + 1), one);
    }
    // The folder itself, as when it is listed.
    if (!one.own) out[path].other = true;
  }
  return out;
}

}  // namespace

OwnFolders own_folders(const std::vector<SeenPath>& seen, const Settings& settings, Work& work) {
  OwnFolders out;
  for (const auto& [path, folder] : looked_at(seen, work)) {
    if (folder.other || folder.branches.size() < settings.own_branches ||
        !folder.branches.contains({}) || folder.runs.size() < settings.own_runs ||
        tier_of(path) != Tier::ordinary || holder_of(out, path) != out.end())
      continue;
    out.emplace(path, folder.branches.size());
  }
  return out;
}

OwnFolders::const_iterator holder_of(const OwnFolders& folders, std::string_view path) {
  if (folders.empty()) return folders.end();
  for (std::size_t at = path.find('/', 1); at != path.npos; at = path.find('/', at + 1))
    if (const auto found = folders.find(path.substr(0, at)); found != folders.end()) return found;
  return folders.find(path);
}

}  // namespace glacis::learn
