// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/generalise.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "manager/learn/own.h"
#include "manager/learn/shape.h"
#include "manager/learn/temporary.h"
#include "manager/learn/tiers.h"

namespace glacis::learn {
namespace {

struct Segment {
  std::string glob;
  std::string shaped;  // the pattern that it may become; nothing where none does
  std::string_view what;
};

struct Row {
  std::vector<Segment> segments;
  std::uint32_t access = 0;
  std::string why;
  std::vector<std::size_t> from;
  bool own = false;  // for files of the program's own user alone
};

std::string joined(const std::vector<Segment>& segments, std::size_t from, std::size_t to) {
  std::string out;
  for (std::size_t i = from; i < to; ++i) {
    out += '/';
    out += segments[i].glob;
  }
  return out;
}

std::string glob_of(const Row& row) {
  return row.segments.empty() ? "/" : joined(row.segments, 0, row.segments.size());
}

std::string folder_of(const Row& row, std::size_t position) {
  return position == 0 ? "/" : joined(row.segments, 0, position);
}

class Generaliser {
 public:
  Generaliser(const std::vector<SeenPath>& seen, const Settings& settings, Work& work)
      : seen_(seen), settings_(settings), work_(work) {}

  std::vector<PathGroup> run() {
    for (const SeenPath& one : seen_)
      if (one.access & making_accesses) made_.insert(one.path);
    own_groups();
    temporary_ = temporary_names(seen_, settings_, work_);
    for (std::size_t i = 0; i < seen_.size(); ++i)
      if (rest_[i] != 0) rows_.push_back(first_row(i));
    join_equal();
    for (const bool folders : {false, true}) {
      std::size_t deepest = 0;
      for (const Row& row : rows_) deepest = std::max(deepest, row.segments.size());
      for (std::size_t position = deepest; position-- > 0;) {
        if (folders ? widen_folders(position) : widen_shapes(position)) join_equal();
      }
    }
    return groups();
  }

 private:
  // Step 0. A socket there is still a name of its own.
  void own_groups() {
    const OwnFolders folders = own_folders(seen_, settings_, work_);
    std::map<std::string_view, PathGroup> groups;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      const auto folder = holder_of(folders, seen_[i].path);
      const bool held = folder != folders.end();
      rest_.push_back(seen_[i].access & (held ? std::uint32_t{GL_FILE_UNIX} : ~0u));
      if (!held) continue;
      PathGroup& group = groups[folder->first];
      group.why = fmt::format("it keeps its own files in {} places there", folder->second);
      group.access |= seen_[i].access & ~GL_FILE_UNIX;
      group.from.push_back(i);
    }
    for (auto& [folder, group] : groups) {
      group.glob = glob_quoted(folder) + "{,/**}";
      group.own = true;
      own_.push_back(std::move(group));
    }
  }

  // Step 1, while the path is taken apart.
  Row first_row(std::size_t index) {
    const SeenPath& one = seen_[index];
    Row out{{}, rest_[index], {}, {index}, false};
    bool made = false;
    for (std::size_t at = 1; at < one.path.size();) {
      const std::size_t end = std::min(one.path.find('/', at), one.path.size());
      const std::string_view name = std::string_view(one.path).substr(at, end - at);
      work_.steps += 1;
      made = made || made_.contains(one.path.substr(0, end));
      const Shape shape = shape_of(name);
      const bool code = (one.access & code_accesses) != 0;
      Segment segment{glob_quoted(name), shape.varies && !code ? shape.glob : "", shape.what};
      const bool process =
          out.segments.size() == 1 && out.segments[0].glob == "proc" && shape.glob == "[0-9]*";
      const bool task = out.segments.size() == 3 && out.segments[0].glob == "proc" &&
                        out.segments[2].glob == "task" && shape.glob == "[0-9]*";
      const bool terminal = out.segments.size() == 2 && out.segments[0].glob == "dev" &&
                            out.segments[1].glob == "pts" && shape.glob == "[0-9]*";
      const bool own = made && may_make(out);
      if (shape.varies && !code && (process || task || terminal || own)) {
        out.why = process || task ? "process numbers vary"
                  : terminal      ? "terminal numbers vary"
                                  : fmt::format("{} vary in names that it makes", shape.what);
        segment = {shape.glob, "", {}};
      }
      if (end == one.path.size() && !temporary_[index].empty() && may_make(out)) {
        out.why = "it makes names like this and takes them away";
        segment = {temporary_[index], "", {}};
        out.own = one.own;
      }
      out.segments.push_back(std::move(segment));
      at = end + 1;
    }
    return out;
  }

  // In /tmp and the like a name of its own is no secret of somebody else's.
  static bool may_make(const Row& row) {
    const std::string folder = folder_of(row, row.segments.size());
    return tier_of(folder) != Tier::kept || folder == "/tmp" || folder == "/var/tmp" ||
           folder == "/dev/shm" || folder == "/run";
  }

  // Rows of one pattern become one.
  void join_equal() {
    std::unordered_map<std::string, std::size_t> at;
    std::vector<Row> out;
    for (Row& row : rows_) {
      work_.steps += row.segments.size();
      const auto [found, fresh] = at.emplace(glob_of(row), out.size());
      if (fresh) {
        out.push_back(std::move(row));
        continue;
      }
      Row& into = out[found->second];
      into.access |= row.access;
      into.own = into.own && row.own;
      if (into.why.empty()) into.why = std::move(row.why);
      into.from.insert(into.from.end(), row.from.begin(), row.from.end());
    }
    rows_ = std::move(out);
  }

  struct Group {
    std::vector<std::size_t> rows;
    std::unordered_set<std::string> names;
  };

  // What a row has in common with those that it may become one pattern with.
  std::size_t hash_around(const Row& row, std::size_t position, std::string_view extra) const {
    std::size_t out = std::hash<std::string_view>()(extra) + row.segments.size();
    for (std::size_t i = 0; i < row.segments.size(); ++i)
      if (i != position)
        out = (out ^ std::hash<std::string_view>()(row.segments[i].glob)) * 0x9e3779b97f4a7c15u;
    return out;
  }

  // Rows that differ at this position only, as far as `key` tells. Most rows are like no
  // other: they are counted by a number alone, and left out.
  template <typename Key>
  std::unordered_map<std::string, Group> grouped(std::size_t position, Key key) {
    std::vector<std::size_t> hashes(rows_.size());
    std::unordered_map<std::size_t, std::size_t> alike;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].segments.size() <= position) continue;
      const std::string extra = key(rows_[i]);
      if (extra.empty()) continue;
      work_.steps += rows_[i].segments.size();
      hashes[i] = hash_around(rows_[i], position, extra);
      ++alike[hashes[i]];
    }
    std::unordered_map<std::string, Group> out;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Row& row = rows_[i];
      if (row.segments.size() <= position) continue;
      const auto count = alike.find(hashes[i]);
      if (count == alike.end() || count->second < 2) continue;
      const std::string extra = key(row);
      if (extra.empty()) continue;
      Group& group = out[folder_of(row, position) + '\0' + extra + '\0' +
                         joined(row.segments, position + 1, row.segments.size())];
      group.rows.push_back(i);
      group.names.insert(row.segments[position].glob);
    }
    return out;
  }

  [[nodiscard]] std::size_t runs_of(const Group& group) const {
    std::set<std::size_t> runs;
    for (const std::size_t i : group.rows)
      for (const std::size_t from : rows_[i].from)
        runs.insert(seen_[from].runs.begin(), seen_[from].runs.end());
    return runs.size();
  }

  // Enough was seen in this folder.
  [[nodiscard]] bool enough(const Group& group, std::size_t position, std::size_t wanted) const {
    if (group.names.size() < 2) return false;
    switch (tier_of(folder_of(rows_[group.rows.front()], position))) {
      case Tier::kept:
        return false;
      case Tier::guarded:
        return group.names.size() >= std::max(wanted, settings_.guarded) &&
               runs_of(group) >= settings_.guarded_runs;
      case Tier::ordinary:
        return group.names.size() >= wanted;
    }
    return false;
  }

  void widen(const Group& group, std::size_t position, const std::string& glob,
             const std::string& why) {
    for (const std::size_t i : group.rows) {
      rows_[i].segments[position] = {glob, "", {}};
      rows_[i].why = why;
      rows_[i].own = false;
    }
  }

  // True: some rows became one pattern.
  bool widen_shapes(std::size_t position) {
    bool widened = false;
    const auto groups =
        grouped(position, [&](const Row& row) { return row.segments[position].shaped; });
    for (const auto& [key, group] : groups) {
      if (!enough(group, position, settings_.variants)) continue;
      const Segment first = rows_[group.rows.front()].segments[position];
      widen(group, position, first.shaped, fmt::format("{} vary", first.what));
      widened = true;
    }
    return widened;
  }

  bool widen_folders(std::size_t position) {
    bool widened = false;
    const auto groups = grouped(position, [&](const Row& row) {
      return row.segments[position].glob == "*" ? std::string() : fmt::format("{:x}", row.access);
    });
    for (const auto& [key, group] : groups) {
      const Row& first = rows_[group.rows.front()];
      const bool making = (first.access & making_accesses) != 0;
      if (first.access & code_accesses) continue;
      if (!enough(group, position, making ? settings_.made : settings_.siblings)) continue;
      widen(group, position, "*",
            fmt::format("{} names in {} were used alike", group.names.size(),
                        folder_of(first, position)));
      widened = true;
    }
    return widened;
  }

  std::vector<PathGroup> groups() {
    std::vector<PathGroup> out = std::move(own_);
    for (Row& row : rows_)
      out.push_back({glob_of(row), row.access, std::move(row.why), std::move(row.from), row.own});
    std::ranges::sort(out, {}, &PathGroup::glob);
    return out;
  }

  const std::vector<SeenPath>& seen_;
  const Settings& settings_;
  Work& work_;
  std::vector<PathGroup> own_;
  std::vector<std::string> temporary_;
  std::vector<std::uint32_t> rest_;  // by index: the accesses that no folder of its own took
  std::unordered_set<std::string> made_;
  std::vector<Row> rows_;
};

}  // namespace

std::vector<PathGroup> generalise(const std::vector<SeenPath>& seen, const Settings& settings,
                                  Work& work) {
  return Generaliser(seen, settings, work).run();
}

}  // namespace glacis::learn
