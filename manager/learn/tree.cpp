// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/tree.h"

#include <algorithm>
#include <filesystem>

#include "manager/learn/shape.h"
#include "manager/profile/glob.h"

namespace glacis::learn {
namespace {

class Measure {
 public:
  // `depth` 0: a pattern that reaches down any number of folders, below `prefix`.
  Measure(const profile::Alternatives& pattern, std::size_t depth, std::string_view prefix,
          const std::unordered_set<std::string>& seen, const Tree& tree)
      : pattern_(pattern), depth_(depth), prefix_(prefix), seen_(seen), tree_(tree) {}

  Admitted run(const std::string& folder, std::size_t at) {
    look(folder, at);
    return std::move(out_);
  }

 private:
  void look(const std::string& folder, std::size_t at) {
    for (const Tree::Entry& entry : tree_.list(folder.empty() ? "/" : folder)) {
      if (++looked_ > most_looked_at) {
        out_.more = true;
        return;
      }
      const std::string path = folder + "/" + entry.name;
      if (depth_ == 0 ? path.starts_with(prefix_) : at + 1 == depth_) count(path);
      if (entry.folder && (depth_ == 0 ? path.starts_with(prefix_) : at + 1 < depth_))
        look(path, at + 1);
    }
  }

  void count(const std::string& path) {
    if (seen_.contains(path)) return;
    const auto literal = profile::expand(glob_quoted(path));
    if (!literal || !profile::covers(pattern_, *literal)) return;
    ++out_.files;
    if (out_.samples.size() < most_samples) out_.samples.push_back(path);
  }

  const profile::Alternatives& pattern_;
  std::size_t depth_;
  std::string_view prefix_;
  const std::unordered_set<std::string>& seen_;
  const Tree& tree_;
  std::size_t looked_ = 0;
  Admitted out_;
};

}  // namespace

std::vector<Tree::Entry> DiskTree::list(const std::string& folder) const {
  namespace fs = std::filesystem;
  std::vector<Entry> out;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code unknown;
    const bool is_folder = at->symlink_status(unknown).type() == fs::file_type::directory;
    out.push_back({at->path().filename().native(), is_folder});
    if (out.size() > most_looked_at) break;
  }
  std::ranges::sort(out, {}, &Entry::name);
  return out;
}

Admitted measure(std::string_view glob, const std::unordered_set<std::string>& seen,
                 const Tree& tree) {
  const auto pattern = profile::expand(glob);
  if (!pattern) return {};
  const std::string prefix = profile::literal_prefix(glob);
  const std::string folder = prefix.substr(0, prefix.rfind('/'));
  const auto slashes = [](std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count(text, '/'));
  };
  const std::size_t depth = glob.find("**") == glob.npos ? slashes(glob) : 0;
  return Measure(*pattern, depth, prefix, seen, tree).run(folder, slashes(folder));
}

}  // namespace glacis::learn
