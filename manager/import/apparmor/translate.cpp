// SPDX-License-Identifier: Apache-2.0
// The profile as a whole: its head, its rules one by one, what is always said.
#include "manager/import/apparmor/translate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "lsm/abi/access.h"
#include "manager/base/escape.h"

namespace glacis::import::apparmor {

using diag::Code;

Translator::Translator(const Policy& policy, const Profile& profile,
                       const std::vector<Known>& known, const diag::SourceSet& sources,
                       Findings& findings, diag::Diagnostics& diagnostics)
    : policy_(policy),
      profile_(profile),
      known_(known),
      sources_(sources),
      diagnostics_(diagnostics),
      variables_(policy, diagnostics),
      findings_(findings) {
  const auto own = std::ranges::find(known, profile.full_name, &Known::full_name);
  self_ = own == known.end() ? nullptr : &*own;
  variables_.set("profile_name", profile.full_name);
  // Faults of it are said where the attachment is read.
  diag::Diagnostics ignored;
  const Word& head = profile.attachment ? *profile.attachment : profile.name;
  const std::string attach = Variables(policy, ignored).expand(head).value_or(head.text);
  for (const char* name : {"exec_path", "attach_path"}) {
    if (!policy.variables.contains(name)) variables_.set(name, attach);
  }
}

void Translator::say(Effect effect, Code code, std::string message, std::size_t rule) {
  diag::Span span = profile_.name.span;
  if (rule < profile_.rules.size()) {
    span = profile_.rules[rule].span;
    Outcome& outcome = outcomes_[rule];
    outcome.looser = outcome.looser || effect == Effect::looser || effect == Effect::lost_looser;
    outcome.tighter =
        outcome.tighter || effect == Effect::tighter || effect == Effect::lost_tighter;
    outcome.lost = outcome.lost || effect == Effect::lost_looser || effect == Effect::lost_tighter;
  }
  findings_.add(code, std::move(message), span);
}

bool Translator::fail(Code code, std::string message, diag::Span span) {
  diagnostics_.add(code, std::move(message)).at(span);
  return false;
}

std::string Translator::origin(std::size_t rule) const {
  if (rule >= profile_.rules.size()) return {};
  const diag::Span& span = profile_.rules[rule].span;
  const diag::Source* source = sources_.find(span.file);
  if (source == nullptr) return {};
  // "abstractions/base:12": the folder tells abstractions apart.
  const std::filesystem::path path(source->path());
  const std::string folder = path.parent_path().filename().string();
  const std::string file = path.filename().string();
  const bool own = span.file == profile_.name.span.file;
  return fmt::format("{}:{}", own ? file : folder + "/" + file, span.line);
}

Tally Translator::tally() const {
  Tally out;
  for (const Outcome& outcome : outcomes_) {
    std::size_t& count = outcome.lost      ? out.lost
                         : outcome.looser  ? out.looser
                         : outcome.tighter ? out.tighter
                                           : out.same;
    ++count;
  }
  return out;
}

bool Translator::rules() {
  outcomes_.assign(profile_.rules.size(), {});
  header();
  for (rule_ = 0; rule_ < profile_.rules.size(); ++rule_) {
    qualifiers(rule());
    if (!translate(rule())) return false;
  }
  return true;
}

void Translator::header() {
  rule_ = profile_.rules.size();
  if (reached_by_more()) {
    say(Effect::looser, Code::GL513,
        "who signals or traces this profile's tasks is decided by the other side alone");
  }
  if (!policy_.abi) {
    say(Effect::tighter, Code::GL526,
        "no `abi` is named: all classes of rules are taken to be in force");
  }
  if (profile_.hat) {
    say(Effect::tighter, Code::GL522, "a hat is entered by change_hat, which has no counterpart");
  }
  if (!profile_.xattrs.empty()) {
    say(Effect::looser, Code::GL515, "extended attributes of the program are not looked at");
  }
  for (const Word& flag : profile_.flags.others) {
    findings_.add(Code::GL525,
                  fmt::format("the flag `{}` has no counterpart", Untrusted(flag.text)), flag.span);
  }
  if (profile_.flags.mode == Mode::prompt) {
    say(Effect::tighter, Code::GL528, "nobody is asked: what no rule grants is refused");
  }
  if (profile_.flags.default_allow) everything(false);
  if (profile_.flags.audit) {
    say(Effect::said, Code::GL527, "what is granted is not recorded");
  }
}

void Translator::qualifiers(const Rule& rule) {
  if (rule.qualifiers.audit && !rule.qualifiers.deny) {
    say(Effect::said, Code::GL527, "what is granted is not recorded");
  }
  if (rule.qualifiers.quiet) {
    say(Effect::said, Code::GL527, "what is refused is recorded, quiet or not");
  }
  if (rule.qualifiers.prompt && !rule.qualifiers.deny) {
    say(Effect::looser, Code::GL515, "nobody is asked: what `prompt` names is granted");
  }
  if (rule.qualifiers.priority != 0) {
    say(Effect::tighter, Code::GL528, "a refusal goes before a grant, whatever its priority");
  }
  if (rule.qualifiers.other) {
    say(Effect::looser, Code::GL515, "`other` grants files of every owner");
  }
}

// Words that a rule of its kind has. Others are a mistake if they are accesses,
// and conditions of a version that is not known here if they are keys.
bool Translator::known_words(const Rule& rule) {
  struct Words {
    Kind kind;
    std::string_view accesses, keys;
  };
  static constexpr std::array<Words, 10> table = {{
      {Kind::signal, " send receive r w rw read write ", " set peer "},
      {Kind::ptrace, " read trace readby tracedby r w rw ", " peer "},
      {Kind::unix_socket,
       " create bind listen accept connect shutdown getattr setattr getopt setopt send receive r w "
       "rw read write ",
       " type protocol addr label attr opt peer "},
      {Kind::io_uring, " sqpoll override_creds cmd ", " label "},
      {Kind::userns, " create ", ""},
      {Kind::mqueue, "", " type label "},
      {Kind::network, "", " ip port interface label peer "},
      {Kind::mount, "", " fstype vfstype options option "},
      {Kind::remount, "", " fstype vfstype options option "},
      {Kind::umount, "", " fstype vfstype options option "},
  }};
  const auto row = std::ranges::find(table, rule.kind, &Words::kind);
  if (row == table.end()) return true;
  const auto in = [](std::string_view list, const std::string& word) {
    return list.find(" " + word + " ") != std::string_view::npos;
  };
  std::vector<Word> words = rule.access;
  words.insert(words.end(), rule.words.begin(), rule.words.end());
  for (const Word& word : words) {
    if (!row->accesses.empty() && !in(row->accesses, word.text))
      return fail(Code::GL501, fmt::format("`{}` is no access of this rule", Untrusted(word.text)),
                  word.span);
  }
  for (const Condition& condition : rule.conditions) {
    if (in(row->keys, condition.key.text)) continue;
    const bool deny = rule.qualifiers.deny;
    say(deny ? Effect::tighter : Effect::looser, deny ? Code::GL528 : Code::GL515,
        fmt::format("the condition `{}` is not known, and not asked about",
                    Untrusted(condition.key.text)));
  }
  return true;
}

bool Translator::translate(const Rule& rule) {
  if (!known_words(rule)) return false;
  switch (rule.kind) {
    case Kind::file:
      return file(rule);
    case Kind::link:
      return link(rule);
    case Kind::capability:
      return capability(rule);
    case Kind::network:
      return network(rule);
    case Kind::mount:
      return mount(rule);
    case Kind::remount:
      return remount(rule);
    case Kind::umount:
      return umount(rule);
    case Kind::pivot_root:
      return pivot_root(rule);
    case Kind::ptrace:
      return ptrace(rule);
    case Kind::signal:
      return signal(rule);
    case Kind::unix_socket:
      return unix_socket(rule);
    case Kind::userns:
    case Kind::io_uring:
    case Kind::mqueue:
      return kernel_words(rule);
    case Kind::all:
      everything(rule.qualifiers.deny);
      return true;
    case Kind::dbus:
      if (rule.qualifiers.deny) {
        say(Effect::lost_looser, Code::GL514, "messages on a bus are not refused");
      } else if (!rule.conditions.empty() || !rule.access.empty()) {
        say(Effect::looser, Code::GL514, "messages on a bus are not told apart");
      }
      return true;
    case Kind::rlimit:
      say(Effect::lost_looser, Code::GL516, "resource limits are not set");
      return true;
    case Kind::change_profile:
      if (rule.qualifiers.deny) return true;
      say(Effect::lost_tighter, Code::GL522, "a task changes its profile at an exec only");
      return true;
  }
  return true;
}

Draft Translator::finish() {
  rule_ = profile_.rules.size();
  Draft out;
  out.name = self_ == nullptr ? profile_name(profile_.full_name) : self_->name;
  const diag::Source* source = sources_.find(profile_.name.span.file);
  const std::string file =
      source == nullptr ? std::string() : std::filesystem::path(source->path()).filename().string();
  out.head =
      fmt::format("Imported from AppArmor: {}, profile {}.\nBehind each rule is where it was.",
                  file, profile_.full_name);
  out.description = fmt::format("imported from AppArmor's {}", escape(profile_.full_name));
  switch (profile_.flags.mode) {
    case Mode::complain:
      out.mode = GL_MODE_AUDIT;
      break;
    case Mode::unconfined:
      out.mode = GL_MODE_OBSERVE;
      break;
    case Mode::enforce:
    case Mode::kill:
    case Mode::prompt:
      break;
  }
  out.kill = profile_.flags.mode == Mode::kill;
  if (self_ != nullptr) {
    for (const std::string& glob : self_->attachments) {
      if (profile::is_literal(glob)) out.attach_exec.push_back(glob);
    }
  }
  entry_grants();
  remove_dead();
  renames();
  kinds_of_object();
  root_directory();
  remove_dead();  // what kinds of object left of a grant
  write_moves(out);
  remove_covered();
  write_files(out);
  write_unix_paths(out);
  write_nets(out);
  for (const ProcessDraft& grant : processes_) {
    const bool dead = !grant.deny && std::ranges::any_of(processes_, [&](const ProcessDraft& deny) {
      const bool all = deny.signals == 0 || (grant.access & GL_TASK_SIGNAL) == 0;
      return deny.deny && (deny.peer == "any" || deny.peer == grant.peer) &&
             (grant.access & ~deny.access) == 0 &&
             (all || (grant.signals != 0 && (grant.signals & ~deny.signals) == 0));
    });
    if (!dead) out.processes.push_back(grant);
  }
  out.denied_capabilities = denied_capabilities_;
  for (const Item& item : capabilities_) {
    const bool denied = std::ranges::any_of(
        denied_capabilities_, [&](const Item& deny) { return deny.text == item.text; });
    if (!denied) out.capabilities.push_back(item);
  }
  out.kernel = kernel_;
  write_unasked(out);
  return out;
}

}  // namespace glacis::import::apparmor
