// SPDX-License-Identifier: Apache-2.0
// Trees: what a unit's own mounts make read-only, hidden, or not executable. A
// refusal goes before a grant here, so that trees in trees are taken apart.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "lsm/abi/access.h"
#include "manager/import/everything.h"
#include "manager/import/systemd/translate.h"

namespace glacis::import::systemd {
namespace {

using diag::Code;

// Bytes of the paths that a tree is refused but for: the image grows with their
// square.
constexpr std::size_t most_complement = 48;

bool is_below(std::string_view inner, std::string_view outer) {
  if (outer == "/") return inner.size() > 1;
  return inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '/';
}

// The tree that counts for what is below it and at `path`, but for `path` itself.
template <typename Map>
auto around(const Map& trees, std::string path) {
  while (path.size() > 1) {
    path.resize(std::max<std::size_t>(path.rfind('/'), 1));
    const auto found = trees.find(path);
    if (found != trees.end()) return found;
  }
  return trees.end();
}

std::string glob(const std::string& path) { return path == "/" ? whole_tree : path + "{,/**}"; }

// What a /dev of its own holds.
std::vector<Item> own_devices() {
  std::vector<Item> out;
  for (const char* name : {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "log"})
    out.push_back({std::string("/dev/") + name, {}});
  for (const char* name : {"pts", "shm", "mqueue", "hugepages"})
    out.push_back({glob(std::string("/dev/") + name), {}});
  return out;
}

// The name of a path that starts at `at`.
std::string name_at(const std::string& path, std::size_t at) {
  return path.substr(at, path.find('/', at) - at);
}

// Patterns of the names that start with `prefix` and are none of these: by the
// byte in which they differ.
void other_names(const std::set<std::string>& names, const std::string& prefix,
                 const std::string& folder, std::vector<std::string>& out) {
  std::set<char> next;
  for (const std::string& name : names) {
    if (name.starts_with(prefix) && name.size() > prefix.size()) next.insert(name[prefix.size()]);
  }
  if (!prefix.empty() && !names.contains(prefix)) out.push_back(folder + prefix + "{,/**}");
  std::string set;
  for (const char c : next) {
    if (std::string_view("]\\^-").find(c) != std::string_view::npos) set += '\\';
    set += c;
  }
  out.push_back(folder + prefix + (next.empty() ? "?" : "[^" + set + "]") + "*{,/**}");
  for (const char c : next) other_names(names, prefix + c, folder, out);
}

// All of `tree` but the trees in it. Nothing where that is too much to write.
std::optional<std::vector<std::string>> all_but(const std::string& tree,
                                                const std::vector<std::string>& inner) {
  if (inner.empty()) return std::vector<std::string>{glob(tree)};
  std::size_t bytes = 0;
  for (const std::string& path : inner) bytes += path.size();
  if (bytes > most_complement) return std::nullopt;
  const std::string folder = tree == "/" ? "/" : tree + "/";
  std::vector<std::string> out = {tree};
  std::map<std::string, std::vector<std::string>> below;
  std::set<std::string> names;
  for (const std::string& path : inner) {
    const std::string name = name_at(path, folder.size());
    // What is quoted, or more than a byte each, can't be taken apart.
    const bool plain = std::ranges::all_of(
        name, [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\\'; });
    if (!plain) return std::nullopt;
    names.insert(name);
    if (path != folder + name) below[folder + name].push_back(path);
    if (path == folder + name) below[folder + name].clear();
  }
  other_names(names, "", folder, out);
  for (const auto& [next, paths] : below) {
    const bool whole = std::ranges::find(inner, next) != inner.end();
    if (whole || paths.empty()) continue;
    const auto rest = all_but(next, paths);
    if (!rest) return std::nullopt;
    out.insert(out.end(), rest->begin(), rest->end());
  }
  return out;
}

}  // namespace

std::vector<Item> Translator::everywhere() const {
  if (!own_devices_) return {{whole_tree, {}}};
  std::vector<Item> out = {{"/dev", {}}};
  if (const auto rest = all_but("/", {"/dev"})) {
    for (const std::string& each : *rest) out.push_back({each, {}});
  }
  const std::vector<Item> devices = own_devices();
  out.insert(out.end(), devices.begin(), devices.end());
  return out;
}

void Translator::put(const std::string& path, Tree tree) {
  TreeAt& at = trees_[path];
  // Of two settings about one path the stricter one holds, as systemd has it.
  if (at.span.line != 0 && at.tree > tree) return;
  at = {tree, statements_.origin(), statements_.span()};
}

void Translator::trees(const std::string& value, Tree tree) {
  if (value.empty()) {
    std::erase_if(trees_, [&](const auto& each) { return each.second.tree == tree; });
    return;
  }
  for (const std::string& word : words_of(value)) {
    if (const auto at = path(word, tree != Tree::writable)) put(*at, tree);
  }
}

void Translator::protect_system(const std::string& value) {
  if (value == "strict") {
    put("/", Tree::read_only);
    for (const char* folder : {"/dev", "/proc", "/sys"}) put(folder, Tree::writable);
    return;
  }
  if (!yes(value) && value != "full") return;
  for (const char* folder : {"/usr", "/boot", "/efi"}) put(folder, Tree::read_only);
  if (value == "full") put("/etc", Tree::read_only);
}

void Translator::protect_home(const std::string& value) {
  if (!yes(value) && value != "read-only" && value != "tmpfs") return;
  for (const char* folder : {"/home", "/root", "/run/user"})
    put(folder, value == "read-only" ? Tree::read_only : Tree::hidden);
}

void Translator::executables(const std::string& value, bool may) {
  if (value.empty()) {
    std::erase_if(runs_, [&](const auto& each) { return each.second.may == may; });
    return;
  }
  for (const std::string& word : words_of(value)) {
    if (const auto at = path(word, !may)) runs_[*at] = {may, statements_.origin()};
  }
}

// An empty filesystem: what was there is not seen, and nothing of it is granted.
void Translator::temporary(const std::string& value) {
  for (const std::string& word : words_of(value)) {
    if (const auto at = path(word.substr(0, word.find(':')), true)) put(*at, Tree::hidden);
  }
  statements_.tighter(Code::GL531, "an empty filesystem is not made: the folder is refused");
}

void Translator::bound(const std::string& value, Tree tree) {
  for (const std::string& word : words_of(value)) {
    const std::size_t colon = word.find(':');
    std::string to = colon == std::string::npos ? word : word.substr(colon + 1);
    if (const auto at = path(to.substr(0, to.find(':')), tree != Tree::writable)) put(*at, tree);
  }
}

void Translator::directory(const std::string& base, const std::string& value) {
  for (const std::string& word : words_of(value)) {
    if (const auto at = path(base + word.substr(0, word.find(':')), false))
      put(*at, Tree::writable);
  }
}

void Translator::private_devices(const std::string& value) {
  if (!yes(value)) return;
  own_devices_ = true;
  for (const char* name : {"mknod", "sys_rawio"}) dropped_.insert(name);
}

void Translator::kernel_tunables(const std::string& value) {
  if (!yes(value)) return;
  for (const char* path : {"/sys", "/proc/sys", "/proc/sysrq-trigger", "/proc/latency_stats",
                           "/proc/acpi", "/proc/timer_stats", "/proc/fs", "/proc/irq"})
    put(path, Tree::read_only);
}

void Translator::control_groups(const std::string& value) {
  if (yes(value)) put("/sys/fs/cgroup", Tree::read_only);
}

void Translator::kernel_modules(const std::string& value) {
  if (!yes(value)) return;
  put("/usr/lib/modules", Tree::hidden);
  dropped_.insert("sys_module");
  closed_.insert("module");
}

void Translator::kernel_logs(const std::string& value) {
  if (!yes(value)) return;
  for (const char* path : {"/proc/kmsg", "/dev/kmsg"}) put(path, Tree::hidden);
  dropped_.insert("syslog");
  closed_.insert("syslog");
}

void Translator::clock(const std::string& value) {
  if (!yes(value)) return;
  for (const char* name : {"sys_time", "wake_alarm"}) dropped_.insert(name);
  refuse_calls({"adjtimex", "clock_adjtime", "clock_adjtime64", "clock_settime", "clock_settime64",
                "settimeofday", "stime"});
}

// The trees that `refused` holds of and that stand in one where it does not are
// refused, all but the trees in them where it does not again.
template <typename Map, typename Refused>
void Translator::divide(const Map& trees, Refused refused, FileDraft& grants, FileDraft& refusals) {
  std::map<std::string, std::vector<std::string>> inner;  // open, by the tree around
  for (const auto& [at, tree] : trees) {
    const auto outer = around(trees, at);
    if (outer != trees.end() && !refused(tree)) inner[outer->first].push_back(at);
  }
  for (const auto& [at, tree] : trees) {
    const auto outer = around(trees, at);
    if (!refused(tree)) {
      bool covered = false;
      for (auto it = outer; it != trees.end() && !covered; it = around(trees, it->first))
        covered = !refused(it->second);
      if (covered) continue;
      const std::vector<Item> all =
          at == "/" ? everywhere() : std::vector<Item>{{glob(at), tree.origin}};
      grants.paths.insert(grants.paths.end(), all.begin(), all.end());
      continue;
    }
    if (outer == trees.end() || refused(outer->second)) continue;
    auto all = all_but(at, inner[at]);
    if (!all) {
      statements_.tighter(Code::GL529, "a tree that is open in one that is not stays refused");
      all = {glob(at)};
    }
    for (std::string& each : *all) refusals.paths.push_back({std::move(each), tree.origin});
  }
}

void Translator::writes(Draft& draft) {
  trees_.try_emplace("/");
  FileDraft grants, refusals;
  grants.access = refusals.access = changing;
  refusals.deny = true;
  divide(trees_, [](const TreeAt& tree) { return tree.tree != Tree::writable; }, grants, refusals);
  if (own_devices_ && trees_["/"].tree != Tree::writable) {
    const std::vector<Item> devices = own_devices();
    grants.paths.insert(grants.paths.end(), devices.begin(), devices.end());
  }
  if (!grants.paths.empty()) draft.files.push_back(std::move(grants));
  if (!refusals.paths.empty()) draft.files.push_back(std::move(refusals));
}

void Translator::execution(Draft& draft) {
  runs_.try_emplace("/", RunAt{true, {}});
  FileDraft grants, refusals;
  grants.access = refusals.access = running;
  refusals.deny = true;
  divide(runs_, [](const RunAt& run) { return !run.may; }, grants, refusals);
  if (!grants.paths.empty()) draft.files.push_back(std::move(grants));
  if (!refusals.paths.empty()) draft.files.push_back(std::move(refusals));
}

// What is below a tree that is hidden is not there.
void Translator::files(Draft& draft) {
  FileDraft hidden;
  hidden.deny = true;
  hidden.access = reading | changing | running | remaining;
  std::vector<std::string> gone;
  if (own_devices_) {
    std::erase_if(trees_, [](const auto& each) {
      return each.first == "/dev" || is_below(each.first, "/dev");
    });
  }
  for (const auto& [at, tree] : trees_) {
    const auto outer = around(trees_, at);
    if (outer != trees_.end() && outer->second.tree == Tree::hidden) {
      gone.push_back(at);
    } else if (tree.tree == Tree::hidden) {
      hidden.paths.push_back({glob(at), tree.origin});
    }
  }
  for (const std::string& at : gone) trees_.erase(at);
  const std::uint32_t unasked =
      no_new_privileges_ ? remaining & ~std::uint32_t{GL_FILE_SET_ID} : remaining;
  grant_files(draft, reading | unasked,
              "systemd leaves all of this open. Narrow it to what the program needs.");
  draft.files.back().paths = everywhere();
  execution(draft);
  // What is hidden is refused already.
  std::erase_if(trees_, [](const auto& each) { return each.second.tree == Tree::hidden; });
  writes(draft);
  grant_nameless(draft);
  if (hidden.paths.empty()) return;
  NetDraft names;
  names.deny = true;
  names.ops = {"bind", "connect", "send"};
  names.unix_names = hidden.paths;
  draft.nets.push_back(std::move(names));
  draft.files.push_back(std::move(hidden));
}

}  // namespace glacis::import::systemd
