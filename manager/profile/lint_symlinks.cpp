// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <variant>

#include "manager/base/escape.h"
#include "manager/profile/glob.h"
#include "manager/profile/lint.h"

namespace glacis::profile {
namespace {

using Path = std::filesystem::path;
using diag::Code;

// As many as the kernel follows.
constexpr int most_links = 40;

// Accesses that speak of the name itself, and so of the link.
constexpr std::uint32_t of_the_name = GL_FILE_UNLINK | GL_FILE_RENAME | GL_FILE_SYMLINK |
                                      GL_FILE_LINK | GL_FILE_MKDIR | GL_FILE_RMDIR;

struct Found {
  std::string link;      // the first symlink on the way
  std::string leads_to;  // the whole path with all links followed
};

class Links {
 public:
  explicit Links(Path root) : root_(std::move(root)) {}

  // Nothing if there is no symlink on the way, or the path does not exist as far
  // as it is followed: then the host says nothing about it.
  std::optional<Found> follow(const std::string& path) {
    Path done = "/";
    Path rest = Path(path).relative_path();
    std::string link;
    for (int links = 0; !rest.empty();) {
      const Path next = done / *rest.begin();
      rest = tail(rest);
      const std::optional<Path> target = target_of(next);
      if (!target) {
        done = *next.filename().c_str() == '.' ? next.lexically_normal() : next;
        continue;
      }
      if (link.empty()) link = next.native();
      if (++links > most_links) return std::nullopt;
      rest = rest.empty() ? *target : *target / rest;
      if (target->is_absolute()) done = "/";
      rest = rest.relative_path();
    }
    if (link.empty()) return std::nullopt;
    return Found{std::move(link), done.lexically_normal().native()};
  }

 private:
  static Path tail(const Path& path) {
    Path out;
    for (auto it = std::next(path.begin()); it != path.end(); ++it) out /= *it;
    return out;
  }

  // Each name is looked at once: rules share most of their folders.
  const std::optional<Path>& target_of(const Path& path) {
    const auto [entry, fresh] = targets_.try_emplace(path.native());
    if (!fresh) return entry->second;
    std::error_code error;
    const Path real = root_ / path.relative_path();
    if (std::filesystem::is_symlink(std::filesystem::symlink_status(real, error))) {
      Path target = std::filesystem::read_symlink(real, error);
      if (!error && !target.empty()) entry->second = std::move(target);
    }
    return entry->second;
  }

  Path root_;
  std::unordered_map<std::string, std::optional<Path>> targets_;
};

// The part of a pattern that names files: all of a literal, the whole names
// before the first special byte of another.
std::string nameable(const std::string& glob) {
  std::string prefix = literal_prefix(glob);
  if (is_literal(glob)) return prefix;
  prefix.resize(prefix.rfind('/') == std::string::npos ? 0 : prefix.rfind('/'));
  return prefix;
}

void report(const Rule& rule, const PathRule& path, const std::string& named, const Found& found,
            diag::Diagnostics& diagnostics) {
  const std::string rest = path.glob.substr(std::min(named.size(), path.glob.size()));
  const std::string what =
      found.link == named ? "is a symlink"
                          : fmt::format("passes through the symlink {}", Untrusted(found.link));
  auto& finding =
      diagnostics.add(Code::GL311, fmt::format("{} {}; Glacis matches the file it leads to ({})",
                                               Untrusted(named), what, Untrusted(found.leads_to)));
  finding.at(rule.span, path.deny ? "refuses nothing through the link" : "");
  // A quoting backslash makes the pattern's text and the path's differ.
  if (path.glob.starts_with(named)) {
    finding.suggest(fmt::format("write \"{}{}\"", Untrusted(found.leads_to), Untrusted(rest)));
  }
}

}  // namespace

void lint_symlinks(const Resolved& resolved, const Path& root, diag::Diagnostics& diagnostics) {
  Links resolver(root);
  std::set<std::string> reported;
  for (std::size_t i = 0; i < resolved.profile.rules.size(); ++i) {
    const Rule& rule = resolved.profile.rules[i];
    const auto* path = std::get_if<PathRule>(&rule.body);
    // Abstractions serve many hosts, and name both forms where hosts differ.
    if (path == nullptr || resolved.layers[i] == Layer::abstraction) continue;
    if (path->glob.front() != '/') continue;
    const std::string named = nameable(path->glob);
    const auto found = resolver.follow(named);
    if (!found) continue;
    const bool last = found->link == named && is_literal(path->glob);
    if (last && (path->access & ~of_the_name) == 0) continue;
    report(rule, *path, named, *found, diagnostics);
  }
}

}  // namespace glacis::profile
