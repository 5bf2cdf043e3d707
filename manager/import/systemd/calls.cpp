// SPDX-License-Identifier: Apache-2.0
// System calls: the filter itself, and the settings that are filters too.
#include <array>

#include "manager/import/systemd/translate.h"
#include "manager/profile/syscalls.h"

namespace glacis::import::systemd {
namespace {

using diag::Code;
using profile::SyscallAction;
using profile::SyscallArg;
using profile::SyscallOp;

struct Namespace {
  std::string_view name;
  std::uint64_t flag;  // CLONE_NEW...
};

constexpr std::array<Namespace, 8> namespaces_known = {{{"cgroup", 0x02000000},
                                                        {"ipc", 0x08000000},
                                                        {"net", 0x40000000},
                                                        {"mnt", 0x00020000},
                                                        {"pid", 0x20000000},
                                                        {"user", 0x10000000},
                                                        {"uts", 0x04000000},
                                                        {"time", 0x00000080}}};

SyscallRuleDraft refusal(const char* call, SyscallArg arg, const std::string& origin) {
  return {SyscallAction::deny, {call}, {arg}, origin};
}

}  // namespace

// The first line says whether it is a list of what is allowed; a name of a line
// of the other sort is taken off again.
void Translator::filter(const std::string& value) {
  if (value.empty()) {
    calls_.clear();
    list_ = filters_ = false;
    return;
  }
  const bool inverted = value.starts_with('~');
  if (!filters_) list_ = !inverted;
  filters_ = true;
  for (const std::string& word : words_of(std::string_view(value).substr(inverted ? 1 : 0))) {
    const std::string name = word.substr(0, word.find(':'));
    const std::string error = word.size() > name.size() ? word.substr(name.size() + 1) : "";
    std::set<std::string> names = {name};
    if (name.starts_with('@')) {
      const auto group = options_.groups.calls(name);
      if (!group) {
        if (inverted) {
          statements_.looser(Code::GL519,
                             fmt::format("the group `{}` is not known", Untrusted(name)));
        } else {
          statements_.tighter(Code::GL529,
                              fmt::format("the group `{}` is not known", Untrusted(name)));
        }
        continue;
      }
      names = *group;
    } else if (!profile::is_syscall(name)) {
      statements_.note(Code::GL527, "a call that is not known here is left out");
      continue;
    }
    for (const std::string& call : names) {
      if (!profile::is_syscall(call)) continue;
      if (list_ == !inverted) {
        const bool kills = inverted && (error.empty() || error == "kill");
        calls_[call] = {list_   ? SyscallAction::allow
                        : kills ? SyscallAction::kill
                                : SyscallAction::deny,
                        statements_.origin()};
      } else {
        calls_.erase(call);
      }
    }
  }
}

void Translator::architectures(const std::string& value) {
  compat_ = false;
  for (const std::string& word : words_of(value))
    compat_ = compat_ || word == "x86" || word == "arm";
}

void Translator::refuse_calls(std::initializer_list<const char*> names) {
  for (const char* name : names) refused_.emplace(name, statements_.origin());
}

// clone3 has its flags in memory, so that all of it is refused, as systemd does.
void Translator::namespaces(const std::string& value) {
  if (value.empty() || value == "no" || value == "false" || value == "0" || value == "off") return;
  const bool inverted = value.starts_with('~');
  std::set<std::string> named;
  if (!yes(value)) {
    for (const std::string& word : words_of(std::string_view(value).substr(inverted ? 1 : 0)))
      named.insert(word);
  }
  std::uint64_t flags = 0;
  for (const Namespace& each : namespaces_known) {
    if (named.contains(std::string(each.name)) == inverted) flags |= each.flag;
  }
  if (flags == 0) return;
  for (const Namespace& each : namespaces_known) {
    if ((flags & each.flag) == 0) continue;
    for (const auto& [call, index] : {std::pair{"unshare", 0u}, {"clone", 0u}, {"setns", 1u}})
      call_rules_.push_back(
          refusal(call, {index, SyscallOp::masked_eq, each.flag, each.flag}, statements_.origin()));
    if (each.name == "user") closed_.insert("user_namespace");
  }
  call_rules_.push_back(refusal("setns", {1, SyscallOp::eq, 0, 0}, statements_.origin()));
  refuse_calls({"clone3"});
}

void Translator::lock_personality(const std::string& value) {
  if (!yes(value)) return;
  refuse_calls({"personality"});
  statements_.tighter(Code::GL531, "a personality is not even asked for");
}

// Policies of sched_setscheduler(2): first in first out, round robin, deadline.
void Translator::realtime(const std::string& value) {
  if (!yes(value)) return;
  for (const std::uint64_t policy : {1u, 2u, 6u})
    call_rules_.push_back(
        refusal("sched_setscheduler", {1, SyscallOp::eq, policy, 0}, statements_.origin()));
  refuse_calls({"sched_setattr"});
  statements_.tighter(Code::GL531, "sched_setattr is refused whole");
}

void Translator::hostname(const std::string& value) {
  if (yes(value)) refuse_calls({"sethostname", "setdomainname"});
}

void Translator::calls(Draft& draft) {
  if (filters_ && list_) {
    // These are allowed whatever is listed.
    for (const char* call : {"execve", "exit", "exit_group", "getrlimit", "rt_sigreturn",
                             "sigreturn", "prlimit64", "ugetrlimit"})
      calls_.try_emplace(call);
    if (const auto group = options_.groups.calls("@default")) {
      for (const std::string& call : *group) calls_.try_emplace(call);
    }
    if (!error_number_)
      statements_.note(Code::GL532, "a call that is not on the list fails, and nobody is killed");
    draft.syscalls.compat = compat_;
  }
  for (const auto& [call, said] : calls_) {
    const bool kills = said.action == SyscallAction::kill && !error_number_;
    if (!profile::is_syscall(call) || (refused_.contains(call) && !kills)) continue;
    auto& to = said.action == SyscallAction::allow ? draft.syscalls.allow
               : kills                             ? draft.syscalls.kill
                                                   : draft.syscalls.deny;
    to.push_back({call, said.origin});
  }
  const auto listed = [&](const std::string& call) {
    const auto found = calls_.find(call);
    return list_ ? found != calls_.end() : found == calls_.end();
  };
  for (const auto& [call, origin] : refused_) {
    const auto found = calls_.find(call);
    const bool killed =
        !error_number_ && found != calls_.end() && found->second.action == SyscallAction::kill;
    if (!(filters_ && list_) && profile::is_syscall(call) && !killed)
      draft.syscalls.deny.push_back({call, origin});
  }
  for (SyscallRuleDraft& rule : call_rules_) {
    if (listed(rule.calls[0]) && !refused_.contains(rule.calls[0]))
      draft.syscalls.rules.push_back(std::move(rule));
  }
}

}  // namespace glacis::import::systemd
