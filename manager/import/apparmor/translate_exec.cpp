// SPDX-License-Identifier: Apache-2.0
// Execution that leads to another profile, and how a profile is entered.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lsm/abi/access.h"
#include "lsm/abi/image.h"
#include "manager/base/escape.h"
#include "manager/import/apparmor/translate.h"
#include "manager/profile/validate.h"

namespace glacis::import::apparmor {

using diag::Code;

void Translator::exec(const Rule& rule, const FileAccess& access,
                      const std::vector<std::string>& globs) {
  constexpr std::uint32_t inherits = GL_FILE_EXECUTE | GL_FILE_MAP_EXEC;
  for (const std::string& glob : globs) {
    if (access.exec == Exec::unconfined) {
      add(glob, inherits, false);
      stays_confined(true);
      continue;
    }
    if (!rule.target) {
      attached(rule, access, glob);
      continue;
    }
    const std::string& to_name = rule.target->text;
    if (to_name.starts_with('&') || to_name.starts_with(':') ||
        to_name.find("//&") != std::string::npos) {
      say(Effect::lost_tighter, Code::GL521,
          "profiles are not stacked, nor in namespaces: the exec is refused");
      continue;
    }
    if (const auto to = named_target(*rule.target, access.exec == Exec::child)) {
      move(glob, *to, access.scrub);
    } else if (access.fallback != Fallback::none) {
      add(glob, inherits, false);
      if (access.fallback == Fallback::unconfined) stays_confined(true);
    }
  }
}

// Nothing leads out of confinement. `ux` does not map the file there, and `ix` does.
void Translator::stays_confined(bool leaves) {
  if (leaves)
    say(Effect::tighter, Code::GL521, "a program that would be unconfined stays in this profile");
  say(Effect::looser, Code::GL512, "its file may be mapped for execution too");
}

std::optional<std::string> Translator::named_target(const Word& word, bool child) {
  const auto text = variables_.expand(word);
  if (!text) return std::nullopt;
  const std::string full = child ? profile_.full_name + "//" + *text : *text;
  const auto found = std::ranges::find(known_, full, &Known::full_name);
  if (found != known_.end()) return found->name;
  if (child) {
    say(Effect::lost_tighter, Code::GL521,
        fmt::format("there is no child profile `{}`: the exec is refused", Untrusted(*text)));
    return std::nullopt;
  }
  return profile_name(*text);
}

// px and cx without a name go where a profile is attached to the program. Which
// these are is decided now, and not at each exec.
void Translator::attached(const Rule& rule, const FileAccess& access, const std::string& glob) {
  (void)rule;
  const auto all = profile::expand(glob);
  bool found = false;
  profile::Alternatives left = all ? *all : profile::Alternatives{};  // without a profile
  for (const Known& known : known_) {
    const bool child = known.parent == profile_.full_name;
    if ((access.exec == Exec::child) != child || (!child && !known.parent.empty())) continue;
    for (const std::string& attachment : known.attachments) {
      const auto other = profile::expand(attachment);
      if (!all || !other || !profile::meet(*all, *other)) continue;
      found = true;
      std::erase_if(left, [&](const auto& one) { return profile::covers(*other, {one}); });
      if (profile::covers(*other, *all)) {
        move(glob, known.name, access.scrub);
      } else if (profile::covers(*all, *other)) {
        move(attachment, known.name, access.scrub);
      } else {
        say(Effect::tighter, Code::GL521,
            "a program that two patterns share does not go on in the other profile");
      }
    }
  }
  if (access.fallback != Fallback::none) {
    add(glob, GL_FILE_EXECUTE | GL_FILE_MAP_EXEC, false);
    if (access.fallback == Fallback::unconfined) stays_confined(!left.empty());
  } else if (!found) {
    say(Effect::lost_tighter, Code::GL521,
        "no profile that is imported is for this program: the exec is refused");
  } else if (!left.empty()) {
    say(Effect::tighter, Code::GL521,
        "for some of these programs no profile is imported: their exec is refused");
  }
}

void Translator::move(const std::string& glob, const std::string& to, bool scrub) {
  const bool there = std::ranges::any_of(
      moves_, [&](const Move& move) { return move.glob == glob && move.to == to; });
  if (there) return;
  if (moves_.size() >= GL_TRANSITIONS_MAX) {
    say(Effect::lost_tighter, Code::GL521,
        fmt::format("more than {} transitions: the exec is refused", GL_TRANSITIONS_MAX));
    return;
  }
  moves_.push_back({glob, to, scrub, rule_});
}

// A path that is written out goes before a pattern; the first one counts here.
void Translator::write_moves(Draft& draft) {
  std::ranges::stable_sort(moves_, [](const Move& a, const Move& b) {
    return profile::is_literal(a.glob) && !profile::is_literal(b.glob);
  });
  TransitionDraft stays;
  stays.to = std::string(profile::stays);
  for (const Entry& entry : entries_) {
    if (entry.deny || (entry.access & GL_FILE_EXECUTE) == 0 || !profile::is_literal(entry.glob))
      continue;
    const bool met = std::ranges::any_of(moves_, [&](const Move& move) {
      const auto other = profile::expand(move.glob);
      return !profile::is_literal(move.glob) && other && profile::meet(entry.alternatives, *other);
    });
    const bool own =
        std::ranges::any_of(moves_, [&](const Move& move) { return move.glob == entry.glob; });
    if (met && !own && moves_.size() + stays.paths.size() < GL_TRANSITIONS_MAX)
      stays.paths.push_back({entry.glob, origin(entry.rule)});
  }
  if (!stays.paths.empty()) draft.transitions.push_back(std::move(stays));
  for (const Move& move : moves_) {
    const bool same = !draft.transitions.empty() && draft.transitions.back().to == move.to &&
                      draft.transitions.back().scrub == move.scrub;
    if (!same) draft.transitions.push_back({{}, move.to, move.scrub});
    draft.transitions.back().paths.push_back({move.glob, origin(move.rule)});
  }
}

// The profile that is entered must grant the program too. [attach] does, and to
// read and map it.
void Translator::entry_grants() {
  std::vector<std::string> globs = entries_from_;
  const std::size_t attached = globs.size();
  if (self_ != nullptr)
    globs.insert(globs.end(), self_->attachments.begin(), self_->attachments.end());
  for (std::size_t i = 0; i < globs.size(); ++i) {
    const std::string& glob = globs[i];
    Entry entry;
    entry.glob = glob;
    entry.prefix = profile::literal_prefix(glob);
    if (auto all = profile::expand(glob)) entry.alternatives = std::move(*all);
    if (covered(entry, GL_FILE_EXECUTE, false)) {
      if (i >= attached && !covered(entry, GL_FILE_READ, false))
        say(Effect::looser, Code::GL512, "the program may read its own file: it attaches by it");
      continue;
    }
    add(glob, GL_FILE_EXECUTE, false);
    say(Effect::looser, Code::GL512,
        "the program may start itself again: it is entered by that grant");
  }
}

}  // namespace glacis::import::apparmor
