// SPDX-License-Identifier: Apache-2.0
// File and link rules.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "lsm/abi/access.h"
#include "manager/base/escape.h"
#include "manager/import/apparmor/translate.h"
#include "manager/profile/words.h"

namespace glacis::import::apparmor {
namespace {

using diag::Code;

// What a path's rule grants of files and of directories by one word.
constexpr std::uint32_t shared_words =
    GL_FILE_READ | GL_FILE_RENAME | GL_FILE_CHMOD | GL_FILE_CHOWN | GL_FILE_LOCK;
// A comparison of all rules with all others stops to be worth its time.
constexpr std::size_t most_comparisons = 2'000'000;

bool covers(const Entry& outer, const Entry& inner) {
  if (!inner.prefix.starts_with(outer.prefix)) return false;
  if (outer.owner != profile::Owner::any && outer.owner != inner.owner) return false;
  return outer.glob == inner.glob || profile::covers(outer.alternatives, inner.alternatives);
}

}  // namespace

std::optional<std::vector<Globs>> Translator::paths(const Word& word) {
  const auto text = variables_.expand(word);
  if (!text) return std::nullopt;
  std::vector<std::string> texts = {*text};
  // An alias adds to what is written, and takes nothing from it.
  for (const Alias& alias : policy_.aliases) {
    const auto from = variables_.expand(alias.from);
    const auto to = variables_.expand(alias.to);
    if (!from || !to) return std::nullopt;
    if (text->starts_with(*from)) texts.push_back(*to + text->substr(from->size()));
  }
  std::vector<Globs> out;
  for (const std::string& each : texts) {
    auto globs = globs_of(each);
    if (globs) {
      out.push_back(std::move(*globs));
      continue;
    }
    if (globs.error().kind == PatternError::Kind::not_text) {
      say(denies() ? Effect::lost_looser : Effect::lost_tighter,
          denies() ? Code::GL519 : Code::GL529, globs.error().what);
      continue;
    }
    fail(globs.error().kind == PatternError::Kind::too_large ? Code::GL502 : Code::GL501,
         globs.error().what, word.span);
    return std::nullopt;
  }
  return out;
}

void Translator::add(std::string glob, std::uint32_t access, bool directory) {
  if (access == 0) return;
  Entry entry;
  entry.deny = denies();
  if (rule_ < profile_.rules.size() && rule().qualifiers.owner && !entry.deny) {
    entry.owner = profile::Owner::self;
  }
  entry.directory = directory;
  entry.access = access;
  entry.rule = rule_;
  entry.prefix = profile::literal_prefix(glob);
  if (auto all = profile::expand(glob)) entry.alternatives = std::move(*all);
  entry.glob = std::move(glob);
  entries_.push_back(std::move(entry));
}

void Translator::add_all(const std::vector<Globs>& all, std::uint32_t files,
                         std::uint32_t directories) {
  for (const Globs& globs : all) {
    for (const std::string& glob : globs.files) add(glob, files, false);
    for (const std::string& glob : globs.directories) add(glob, directories, true);
  }
}

bool Translator::file(const Rule& rule) {
  const bool deny = rule.qualifiers.deny;
  if (rule.words.empty()) {  // file,
    FileAccess access{true, true, false, true, true, true, Exec::inherit};
    if (deny) access.exec = Exec::refused;
    add("/**", file_bits(access, deny), false);
    add("/{,**}", directory_bits(access, deny), true);
    return true;
  }
  const auto access = parse_access(rule.access[0].text, deny);
  if (!access) return fail(Code::GL501, access.error(), rule.access[0].span);
  const auto all = paths(rule.words[0]);
  if (!all) return false;
  if (deny && rule.qualifiers.owner) {
    say(Effect::tighter, Code::GL528, "a refusal holds whoever owns the file");
  }
  if (deny && access->read && !access->write) {
    say(Effect::tighter, Code::GL528, "what must not be read is not replaced by a rename either");
  }
  if (access->link && !deny && rule.words[0].text != "/**")
    say(Effect::tighter, Code::GL529, "no file is linked to that `l` is not granted for as well");
  add_all(*all, file_bits(*access, deny), directory_bits(*access, deny));
  if (deny || access->exec == Exec::none || access->exec == Exec::inherit) return true;
  for (const Globs& globs : *all) exec(rule, *access, globs.files);
  return true;
}

bool Translator::link(const Rule& rule) {
  if (rule.words.empty()) {
    add("/**", GL_FILE_LINK, false);
    if (!rule.qualifiers.deny)
      say(Effect::tighter, Code::GL529,
          "a link gives nothing that its file has not by another name");
    return true;
  }
  const auto names = paths(rule.words.back());
  if (!names) return false;
  add_all(*names, GL_FILE_LINK, 0);
  const std::string name = escape(rule.words.back().text);
  const std::string to = rule.target ? escape(rule.target->text) : std::string();
  if (rule.qualifiers.deny) {
    if (rule.target)
      say(Effect::tighter, Code::GL528,
          fmt::format("`{}` is refused as a link to everything, not to `{}` alone", name, to));
    else if (rule.qualifiers.owner)
      say(Effect::tighter, Code::GL528, "a refusal holds whoever owns the file");
    return true;
  }
  if (!rule.target) return true;
  const auto targets = paths(*rule.target);
  if (!targets) return false;
  add_all(*targets, GL_FILE_LINK, 0);
  say(Effect::looser, Code::GL519,
      fmt::format("`{}` and `{}` are no pair: each is linked with all that `link` or `l` is "
                  "granted for",
                  name, to));
  const bool subset = rule.words.front().text == "subset" || !rule.access.empty();
  if (!subset)
    say(Effect::tighter, Code::GL529,
        fmt::format("`{}` is linked to `{}` only where it grants no more than that", name, to));
  return true;
}

void Translator::everything(bool deny) {
  Rule all;
  all.qualifiers.deny = deny;
  const Exec exec = deny ? Exec::refused : Exec::inherit;
  add("/**", file_bits({true, true, false, true, true, true, exec}, deny), false);
  add("/{,**}",
      directory_bits({true, true}, deny) | GL_FILE_MOUNT | GL_FILE_UMOUNT | GL_FILE_PIVOT_ROOT,
      true);
  all.kind = Kind::capability;
  capability(all);
  network(all);
  process("any", deny ? profile::process_accesses & ~GL_TASK_SCHEDULE : profile::process_accesses,
          0);
  if (deny) {
    user_namespaces_denied_ = true;
    say(Effect::looser, Code::GL519, "a refusal of io_uring, queues or namespaces is not kept");
    return;
  }
  unix_sockets_ = true;
  for (const gl_net_op op : {GL_NET_BIND, GL_NET_CONNECT, GL_NET_SEND}) {
    unix_names_[1u << op].push_back({"@**", origin(rule_)});
  }
  for (const char* word : {"remount", "user_namespace"}) kernel_.push_back({word, origin(rule_)});
}

bool Translator::covered(const Entry& entry, std::uint32_t access, bool by_directory) const {
  return std::ranges::any_of(entries_, [&](const Entry& other) {
    return !other.deny && other.directory == by_directory && (access & ~other.access) == 0 &&
           covers(other, entry);
  });
}

// A grant that a refusal covers has no effect there either, and is an error here.
void Translator::remove_dead() {
  std::vector<Entry> denies;
  for (const Entry& entry : entries_) {
    if (entry.deny) denies.push_back(entry);
  }
  // Refusals of one path are written as one rule, so their accesses count together.
  const auto dead = [&](const Entry& entry, std::uint32_t access) {
    return std::ranges::any_of(denies, [&](const Entry& deny) {
      if ((access & deny.access) == 0 || !entry.prefix.starts_with(deny.prefix) ||
          !profile::covers(deny.alternatives, entry.alternatives))
        return false;
      access &= ~deny.access;
      return access == 0;
    });
  };
  std::erase_if(entries_,
                [&](const Entry& entry) { return !entry.deny && dead(entry, entry.access); });
  std::erase_if(moves_, [&](const Move& move) {
    Entry entry;
    entry.prefix = profile::literal_prefix(move.glob);
    if (auto all = profile::expand(move.glob)) entry.alternatives = std::move(*all);
    return dead(entry, GL_FILE_EXECUTE);
  });
}

// To be renamed, a file must be readable and writable there; to be replaced by
// one that is, only writable.
void Translator::renames() {
  if (entries_.size() * entries_.size() > most_comparisons) return;
  for (Entry& entry : entries_) {
    const std::uint32_t write = entry.directory ? GL_FILE_MKDIR : GL_FILE_WRITE;
    if (entry.deny || (entry.access & write) == 0 || (entry.access & GL_FILE_RENAME) != 0) continue;
    if (covered(entry, GL_FILE_READ, entry.directory)) {
      entry.access |= GL_FILE_RENAME;
    } else {
      say(Effect::tighter, Code::GL529,
          "what can't be read is not renamed, nor replaced by a rename", entry.rule);
    }
  }
}

// A run that stands behind the first slash within braces is empty here too, and then
// the pattern is the root. What stands alone there was made not to be (globs_of).
void Translator::root_directory() {
  const profile::GlobTokens root = {{profile::GlobToken::Kind::byte, '/', {}}};
  const auto is_root = [](const profile::GlobTokens& tokens) { return tokens.size() == 1; };
  std::uint32_t granted = 0;
  for (const Entry& entry : entries_) {
    if (!entry.deny && entry.directory && entry.owner == profile::Owner::any &&
        std::ranges::any_of(entry.alternatives, is_root))
      granted |= entry.access;
  }
  constexpr std::uint32_t of_root =
      GL_FILE_READ | GL_FILE_CHMOD | GL_FILE_CHOWN | GL_FILE_LOCK | GL_FILE_MKDIR | GL_FILE_RMDIR;
  for (const Entry& entry : entries_) {
    const std::uint32_t more = entry.access & of_root & ~granted;
    if (!entry.deny && more != 0 && entry.prefix == "/" &&
        profile::meet(entry.alternatives, {root}))
      say(Effect::looser, Code::GL511, "the root directory itself is granted too", entry.rule);
  }
}

// One pattern speaks of files and of directories.
void Translator::kinds_of_object() {
  const bool compare = entries_.size() * entries_.size() <= most_comparisons;
  for (Entry& entry : entries_) {
    const std::uint32_t both = entry.access & shared_words;
    if (both == 0 || last_name_is_finite(entry.glob)) continue;
    if (entry.deny) {
      const bool same = std::ranges::any_of(entries_, [&](const Entry& other) {
        return other.deny && other.directory != entry.directory && (both & ~other.access) == 0 &&
               other.glob == entry.glob;
      });
      if (!same)
        say(Effect::tighter, Code::GL528, "a refusal holds for files and for directories",
            entry.rule);
      continue;
    }
    if (compare && covered(entry, both, !entry.directory)) continue;
    if (entry.directory) {
      entry.access &= ~shared_words;
      say(Effect::tighter, Code::GL529,
          "directories by a pattern are not listed, since files would be granted with them",
          entry.rule);
    } else {
      say(Effect::looser, Code::GL511, "directories whose paths match are granted too", entry.rule);
    }
  }
}

// A grant within another one adds nothing but work for the compiler, which the
// patterns of many abstractions would be too much for.
void Translator::remove_covered() {
  if (entries_.size() * entries_.size() > most_comparisons) return;
  std::vector<bool> gone(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& inner = entries_[i];
    if (inner.deny) continue;
    for (std::size_t k = 0; k < entries_.size() && !gone[i]; ++k) {
      const Entry& outer = entries_[k];
      gone[i] = i != k && !gone[k] && !outer.deny && outer.glob != inner.glob &&
                (inner.access & ~outer.access) == 0 && covers(outer, inner);
    }
  }
  std::size_t at = 0;
  std::erase_if(entries_, [&](const Entry&) { return gone[at++]; });
}

void Translator::write_files(Draft& draft) {
  // The same path in several rules is one grant.
  struct Merged {
    std::uint32_t access = 0;
    std::size_t rule = 0;
    std::size_t order = 0;
  };
  std::map<std::tuple<bool, profile::Owner, std::string>, Merged> merged;
  for (const Entry& entry : entries_) {
    const auto [at, fresh] = merged.try_emplace({entry.deny, entry.owner, entry.glob},
                                                Merged{0, entry.rule, merged.size()});
    at->second.access |= entry.access;
  }
  std::vector<decltype(merged)::const_iterator> order;
  for (auto it = merged.cbegin(); it != merged.cend(); ++it) order.push_back(it);
  std::ranges::sort(order, {}, [](auto it) { return it->second.order; });
  for (const auto& it : order) {
    const auto& [deny, owner, glob] = it->first;
    if (it->second.access == 0) continue;
    const auto block = std::ranges::find_if(draft.files, [&](const FileDraft& file) {
      return file.deny == deny && file.owner == owner && file.access == it->second.access;
    });
    FileDraft& file = block == draft.files.end() ? draft.files.emplace_back() : *block;
    file.deny = deny;
    file.owner = owner;
    file.access = it->second.access;
    file.paths.push_back({glob, origin(it->second.rule)});
  }
}

}  // namespace glacis::import::apparmor
