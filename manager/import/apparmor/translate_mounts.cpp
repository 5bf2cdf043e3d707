// SPDX-License-Identifier: Apache-2.0
// mount, remount, umount, pivot_root. Places are asked about here; sources,
// types and options are not.
#include <algorithm>

#include "lsm/abi/access.h"
#include "manager/import/apparmor/translate.h"

namespace glacis::import::apparmor {
namespace {

using diag::Code;

constexpr const char* lost_conditions = "sources, types and options of mounts are not told apart";

bool has_option(const Rule& rule, std::string_view option) {
  return std::ranges::any_of(rule.conditions, [&](const Condition& condition) {
    return condition.key.text == "options" &&
           std::ranges::find(condition.values, option, &Word::text) != condition.values.end();
  });
}

}  // namespace

bool Translator::places(const std::vector<Word>& words, std::uint32_t access) {
  if (words.empty()) {
    add("/{,**}", access, true);
    return true;
  }
  for (const Word& word : words) {
    const auto all = paths(word);
    if (!all) return false;
    add_all(*all, access, access);
  }
  return true;
}

bool Translator::mount(const Rule& rule) {
  if (has_option(rule, "remount")) return remount(rule);
  std::vector<Word> place;
  if (rule.target) place.push_back(*rule.target);
  const bool conditions = !rule.conditions.empty() || !rule.words.empty();
  if (conditions && rule.qualifiers.deny) {
    say(Effect::tighter, Code::GL528, "a refused mount is refused whatever its source and options");
  } else if (conditions) {
    say(Effect::looser, Code::GL515, lost_conditions);
  }
  if (!places(place, GL_FILE_MOUNT)) return false;
  // What is moved is taken from where it was.
  const bool moves = has_option(rule, "move") || (rule.conditions.empty() && rule.words.empty());
  return !moves || rule.qualifiers.deny || places(rule.words, GL_FILE_UMOUNT);
}

bool Translator::remount(const Rule& rule) {
  std::vector<Word> place = rule.words;
  if (rule.target) place = {*rule.target};
  if (rule.qualifiers.deny) {
    say(Effect::tighter, Code::GL528, "a refused remount refuses mounts at the same place");
    return places(place, GL_FILE_MOUNT);
  }
  if (!place.empty() || !rule.conditions.empty()) say(Effect::looser, Code::GL515, lost_conditions);
  kernel_.push_back({"remount", origin(rule_)});
  return places(place, GL_FILE_MOUNT);
}

bool Translator::umount(const Rule& rule) {
  if (!rule.conditions.empty() && rule.qualifiers.deny) {
    say(Effect::tighter, Code::GL528, "a refused umount is refused whatever its type and options");
  } else if (!rule.conditions.empty()) {
    say(Effect::looser, Code::GL515, lost_conditions);
  }
  return places(rule.words, GL_FILE_UMOUNT);
}

bool Translator::pivot_root(const Rule& rule) {
  std::vector<Word> all = rule.words;
  for (const Condition& condition : rule.conditions) {
    if (condition.key.text != "oldroot") continue;
    all.insert(all.end(), condition.values.begin(), condition.values.end());
  }
  if (rule.target && !rule.qualifiers.deny) {
    say(Effect::lost_tighter, Code::GL522, "a profile is not changed by pivot_root: it is refused");
    return true;
  }
  return places(all, GL_FILE_PIVOT_ROOT);
}

}  // namespace glacis::import::apparmor
