// SPDX-License-Identifier: Apache-2.0
// signal, ptrace, capability, userns, io_uring and mqueue; and what AppArmor
// never asks about.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "lsm/abi/access.h"
#include "manager/base/escape.h"
#include "manager/base/signals.h"
#include "manager/import/apparmor/translate.h"
#include "manager/profile/words.h"

namespace glacis::import::apparmor {
namespace {

using diag::Code;

bool has(const Rule& rule, std::initializer_list<std::string_view> words) {
  if (rule.access.empty() && rule.words.empty()) return true;
  const auto in = [&](const Word& word) {
    return std::ranges::find(words, word.text) != words.end();
  };
  return std::ranges::any_of(rule.access, in) || std::ranges::any_of(rule.words, in);
}

Reach reach_of(const Rule& rule, const Profile& profile) {
  Reach out;
  bool some = false, nothing = false, peers = false;
  for (const Condition& condition : rule.conditions) {
    if (condition.key.text == "set") {
      some = true;
      // Signal 0 reaches nobody.
      nothing = std::ranges::all_of(condition.values,
                                    [](const Word& word) { return word.text == "exists"; });
    }
    if (condition.key.text != "peer") continue;
    peers = true;
    std::vector<Word> words = condition.values;
    for (const Condition& part : condition.parts)
      words.insert(words.end(), part.values.begin(), part.values.end());
    for (const Word& word : words) {
      const bool self = word.text == "@{profile_name}" || word.text == profile.full_name;
      const bool unconfined = word.text == "unconfined";
      out.self = out.self || self;
      out.unconfined = out.unconfined || (unconfined && !some);
      if (self || unconfined) continue;
      // A variable may stand for anything.
      const bool name = profile::is_literal(word.text) && word.text.find('@') == std::string::npos;
      if (name) {
        out.names.insert(word.text);
      } else {
        out.others = true;
      }
    }
  }
  if (nothing) return {};
  if (peers) {
    out.unconfined = out.unconfined && !some;
    return out;
  }
  return {true, {}, true, !some, !some};
}

}  // namespace

Reach reach_of(const Profile& profile, Kind kind, std::initializer_list<std::string_view> words) {
  Reach out;
  for (const Rule& rule : profile.rules) {
    if (rule.kind == kind && !rule.qualifiers.deny && has(rule, words))
      out.add(reach_of(rule, profile));
  }
  return out;
}

// AppArmor asks the other side too. That is looser here where somebody whom we
// know of may do what this profile does not let him; to trace, tasks without a
// profile are never asked for.
bool Translator::reached_by_more() const {
  const Reach signals = reach_of(profile_, Kind::signal, {"receive", "r", "read", "rw"});
  const Reach traces = reach_of(profile_, Kind::ptrace, {"readby", "tracedby"});
  const Reach traced = reach_of(profile_, Kind::ptrace, {"tracedby"});
  const Reach own_signals = reach_of(profile_, Kind::signal, {"send", "w", "write", "rw"});
  const Reach own_traces = reach_of(profile_, Kind::ptrace, {"read", "trace", "r", "w", "rw"});
  if (!signals.everyone && !signals.unconfined) return true;
  // A pattern may be of this profile too, where it acts; where it lets others act
  // that must be written.
  if ((own_signals.self || own_signals.others) && !signals.everyone && !signals.self) return true;
  const bool all_traces = traces.everyone && traced.everyone;
  if ((own_traces.self || own_traces.others) && !all_traces && !traced.self) return true;
  return std::ranges::any_of(known_, [&](const Known& known) {
    if (known.full_name == profile_.full_name) return false;
    return (known.signals.reaches(profile_.full_name) && !signals.everyone) ||
           (known.traces.reaches(profile_.full_name) && !all_traces);
  });
}

// Our words for the tasks of a peer=, or of all.
std::vector<std::string> Translator::peers(const Rule& rule) {
  const auto condition = std::ranges::find_if(
      rule.conditions, [](const Condition& each) { return each.key.text == "peer"; });
  if (condition == rule.conditions.end()) return {"any"};
  std::vector<Word> words = condition->values;
  for (const Condition& part : condition->parts) {
    if (part.key.text == "label") words.insert(words.end(), part.values.begin(), part.values.end());
  }
  std::vector<std::string> out;
  for (const Word& word : words) {
    const auto text = variables_.expand(word);
    if (!text) continue;
    if (word.text == "@{profile_name}" || *text == profile_.full_name) {
      out.emplace_back("self");
    } else if (*text == "unconfined") {
      out.emplace_back("unconfined");
    } else if (*text == "**" || *text == "*") {
      out.emplace_back("any");
    } else if (profile::is_literal(*text)) {
      const auto known = std::ranges::find(known_, *text, &Known::full_name);
      out.push_back(known == known_.end() ? profile_name(*text) : known->name);
    } else {
      const auto glob = name_of(*text);
      const auto all = glob ? profile::expand(*glob) : std::unexpected(profile::GlobError{});
      for (const Known& known : known_) {
        // A profile by its path may be written as the path's pattern.
        const bool same = known.full_name == *text;
        if (same || (all && !known.spelled.empty() && profile::covers(*all, known.spelled)))
          out.push_back(known.name);
      }
      say(out.empty() ? Effect::lost_tighter : Effect::tighter, Code::GL523,
          "peers by a pattern are those profiles that were imported together");
    }
  }
  return out;
}

void Translator::process(const std::string& peer, std::uint32_t access, std::uint64_t signals) {
  const bool deny = denies();
  for (ProcessDraft& other : processes_) {
    if (other.peer == peer && other.deny == deny && other.access == access) {
      const bool all = other.signals == 0 || signals == 0;
      other.signals = all ? 0 : other.signals | signals;
      return;
    }
  }
  processes_.push_back({deny, peer, access, signals, origin(rule_)});
}

bool Translator::signal(const Rule& rule) {
  const bool sends = has(rule, {"send", "w", "write", "rw"});
  const bool receives = has(rule, {"receive", "r", "read", "rw"});
  if (receives && rule.qualifiers.deny) {
    say(sends ? Effect::looser : Effect::lost_looser, Code::GL513,
        "who signals or traces this profile's tasks is decided by the other side alone");
  }
  if (!sends) return true;
  std::uint64_t signals = 0;
  bool set = false;
  for (const Condition& condition : rule.conditions) {
    if (condition.key.text != "set") continue;
    set = true;
    for (const Word& word : condition.values) {
      // Signal 0 asks whether a task is there, and is always granted.
      if (word.text == "exists") continue;
      std::string name = word.text == "stp" ? "tstp" : word.text;
      if (name == "emt" || name == "lost") continue;  // no such signal on Linux
      // Its first one is the kernel's, 32, and not the library's.
      std::optional<unsigned> number = signal_number(name);
      if (name.starts_with("rtmin+")) {
        const auto offset = name == "rtmin+0" ? std::optional(0u) : signal_number(name.substr(6));
        number = offset && *offset <= 32 ? std::optional(*offset + 32) : std::nullopt;
      }
      if (!number) {
        return fail(Code::GL501, fmt::format("`{}` is no signal", Untrusted(word.text)), word.span);
      }
      signals |= signal_bit(*number);
    }
  }
  if (set && signals == 0) return true;
  for (const std::string& peer : peers(rule)) process(peer, GL_TASK_SIGNAL, signals);
  return true;
}

bool Translator::ptrace(const Rule& rule) {
  std::uint32_t access = 0;
  if (has(rule, {"read", "r", "rw"})) access |= GL_TASK_INSPECT;
  if (has(rule, {"trace", "w", "rw"})) access |= GL_TASK_TRACE;
  if (rule.qualifiers.deny && has(rule, {"readby", "tracedby"})) {
    say(access == 0 ? Effect::lost_looser : Effect::looser, Code::GL513,
        "who signals or traces this profile's tasks is decided by the other side alone");
  }
  if (access == 0) return true;
  for (const std::string& peer : peers(rule)) process(peer, access, 0);
  return true;
}

bool Translator::capability(const Rule& rule) {
  std::vector<Item>& to = rule.qualifiers.deny ? denied_capabilities_ : capabilities_;
  const auto put = [&](std::string_view word) {
    if (std::ranges::find(to, word, &Item::text) == to.end())
      to.push_back({std::string(word), origin(rule_)});
  };
  std::vector<Word> words = rule.words;
  words.insert(words.end(), rule.access.begin(), rule.access.end());
  if (words.empty()) {
    for (const auto& each : profile::capability_words()) put(each.word);
  }
  for (const Word& word : words) {
    const auto* known = profile::find_word(profile::capability_words(), word.text);
    if (known == nullptr) {
      return fail(Code::GL501, fmt::format("`{}` is no capability", Untrusted(word.text)),
                  word.span);
    }
    put(known->word);
  }
  return true;
}

bool Translator::kernel_words(const Rule& rule) {
  // None of these is granted unless a rule does, or AppArmor would not ask.
  if (rule.qualifiers.deny) {
    if (rule.kind == Kind::userns) user_namespaces_denied_ = true;
    if (!rule.conditions.empty() || !rule.access.empty() || rule.kind != Kind::userns)
      say(Effect::lost_looser, Code::GL519,
          "a refusal of io_uring, queues or namespaces is not kept");
    return true;
  }
  const std::string from = origin(rule_);
  if (rule.kind == Kind::userns) {
    kernel_.push_back({"user_namespace", from});
  } else if (rule.kind == Kind::io_uring) {
    if (has(rule, {"sqpoll"})) kernel_.push_back({"io_uring_sqpoll", from});
    if (has(rule, {"override_creds"})) kernel_.push_back({"io_uring_personality", from});
    if (has(rule, {"cmd"})) kernel_.push_back({"io_uring_cmd", from});
    if (!rule.conditions.empty())
      say(Effect::looser, Code::GL515, "who io_uring acts as is not told apart");
  } else {
    say(Effect::lost_tighter, Code::GL529, "message queues are not granted by name");
  }
  return true;
}

// AppArmor lets all of this pass. A program that had it must still have it, or it
// would not be the same policy.
void Translator::write_unasked(Draft& draft) {
  FileDraft files;
  files.comment =
      "AppArmor does not ask about what follows. Delete what the program does not need.";
  files.paths = {{"/{,**}", {}}};
  files.access = GL_FILE_ATTRIBUTES | GL_FILE_IOCTL | GL_FILE_CHROOT | GL_FILE_SET_ID;
  draft.files.push_back(std::move(files));
  FileDraft nameless;
  nameless.objects = {"anonymous", "internal", "pidfd"};
  nameless.access = GL_FILE_READ | GL_FILE_WRITE | GL_FILE_MAP_EXEC | GL_FILE_LOCK | GL_FILE_CHMOD |
                    GL_FILE_CHOWN | GL_FILE_ATTRIBUTES | GL_FILE_IOCTL;
  draft.files.push_back(std::move(nameless));
  draft.processes.push_back({false, "any", GL_TASK_SCHEDULE, 0, {}});
  for (const auto& word : profile::memory_words())
    draft.memory.push_back({std::string(word.word), {}});
  const bool newer = policy_.abi && policy_.abi->text.starts_with("abi/4");
  for (const auto& word : profile::kernel_words()) {
    const bool asked =
        word.value == GL_KERNEL_REMOUNT ||
        (newer &&
         (word.value == GL_KERNEL_USER_NAMESPACE || word.value == GL_KERNEL_IO_URING_SQPOLL ||
          word.value == GL_KERNEL_IO_URING_PERSONALITY || word.value == GL_KERNEL_SYSV_IPC));
    const bool there =
        std::ranges::any_of(draft.kernel, [&](const Item& item) { return item.text == word.word; });
    if (!asked && !there) draft.kernel.push_back({std::string(word.word), {}});
  }
  // Each word once.
  std::vector<Item> once;
  for (const Item& item : draft.kernel) {
    if (user_namespaces_denied_ && item.text == "user_namespace") continue;
    if (std::ranges::find(once, item.text, &Item::text) == once.end()) once.push_back(item);
  }
  draft.kernel = std::move(once);
}

}  // namespace glacis::import::apparmor
