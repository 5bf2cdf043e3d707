// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "manager/base/escape.h"
#include "manager/base/signals.h"
#include "manager/profile/address.h"
#include "manager/profile/mode.h"
#include "manager/profile/words.h"

namespace glacis::profile {
namespace {

// Sorted, apart from each other by at least one port.
using Ports = std::vector<PortRange>;

// What all rules of one subject add up to: accesses, or ports.
struct Value {
  bool deny = false;
  std::uint32_t access = 0;
  std::optional<Ports> ports;            // net rules only
  std::optional<std::uint64_t> signals;  // process rules about signals only
  std::string place;
};

using Values = std::map<std::string, Value>;

std::string transition_text(const Transition& transition) {
  if (transition.to.empty()) return " to inherit";
  return fmt::format(" to {}{}{}", transition.to, transition.scrub ? "" : " env keep",
                     transition.unsafe ? " unsafe" : "");
}

std::string place_of(const ResolvedProfile& profile, const Rule& rule) {
  if (rule.span.file >= profile.files.size()) return {};
  return fmt::format("{}:{}", Untrusted(profile.files[rule.span.file]), rule.span.line);
}

Ports merged(Ports ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](PortRange a, PortRange b) { return a.first < b.first; });
  Ports out;
  for (const PortRange& range : ranges) {
    if (!out.empty() && range.first <= out.back().last + 1) {
      out.back().last = std::max(out.back().last, range.last);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

bool includes(const Ports& a, const Ports& b) {
  return std::all_of(b.begin(), b.end(), [&](PortRange small) {
    return std::any_of(a.begin(), a.end(), [&](PortRange large) {
      return large.first <= small.first && small.last <= large.last;
    });
  });
}

class Collector {
 public:
  explicit Collector(const ResolvedProfile& profile) : profile_(profile) {
    for (const Rule& rule : profile.rules) {
      rule_ = &rule;
      std::visit([this](const auto& body) { add(body); }, rule.body);
    }
  }

  Values take() { return std::move(values_); }

 private:
  Value& at(const std::string& subject, bool deny) {
    auto [entry, fresh] = values_.try_emplace((deny ? "deny " : "") + subject);
    if (fresh) {
      entry->second.deny = deny;
      entry->second.place = place_of(profile_, *rule_);
    }
    return entry->second;
  }

  void add(const PathRule& rule) {
    std::string subject = fmt::format("file \"{}\"", Untrusted(rule.glob));
    if (rule.owner != Owner::any) {
      subject += rule.owner == Owner::self ? " owned by self" : " owned by root";
    }
    // The first transition of a path is the one that counts.
    if (rule.transition) subject += transition_text(*rule.transition);
    if (rule.access == GL_FILE_DIGEST) return;  // a setting
    at(subject, rule.deny).access |= rule.access;
  }

  void add(const EndingRule& rule) {
    for (const gl_ending ending : rule.endings) {
      at(fmt::format("object {}", word_of(ending_words(), ending)), false).access |= rule.access;
    }
  }

  void add(const NetRule& rule) {
    std::vector<std::string> targets;
    for (const Cidr& cidr : rule.addresses) targets.push_back(to_text(cidr));
    if (targets.empty()) targets.emplace_back("any");
    for (const gl_net_op op : rule.ops) {
      for (const gl_socket kind : rule.sockets) {
        for (const std::string& target : targets) {
          add_ports(at(fmt::format("net {} {} {}", word_of(net_op_words(), op),
                                   word_of(socket_words(), kind), target),
                       rule.deny),
                    rule.ports);
        }
      }
    }
  }

  static void add_ports(Value& value, const std::vector<PortRange>& ranges) {
    Ports all = value.ports.value_or(Ports());
    all.insert(all.end(), ranges.begin(), ranges.end());
    if (ranges.empty()) all.push_back(PortRange{});
    value.ports = merged(std::move(all));
  }

  void add(const SocketRule& rule) {
    for (const gl_socket kind : rule.sockets) {
      (void)at(fmt::format("socket {}", word_of(socket_words(), kind)), false);
    }
  }

  void add(const CapabilityRule& rule) {
    (void)at(fmt::format("capability {}", word_of(capability_words(), rule.capability)), rule.deny);
  }

  void add(const MemoryRule& rule) { words("memory", memory_words(), rule.access); }
  void add(const KernelRule& rule) { words("kernel", kernel_words(), rule.access); }

  void add(const ProcessRule& rule) {
    for (const WordValue& word : task_words()) {
      if ((rule.access & word.value) == 0) continue;
      Value& value = at(fmt::format("process {} {}", word.word, rule.peer), rule.deny);
      if (word.value == GL_TASK_SIGNAL) value.signals = value.signals.value_or(0) | rule.signals;
    }
  }

  void add(const SyscallRule& rule) {
    const std::string_view verb = rule.action == SyscallAction::kill ? "kill " : "";
    for (const std::string& call : rule.calls)
      (void)at(fmt::format("{}syscall {}{}", verb, call, syscall_args_text(rule.args)),
               rule.action != SyscallAction::allow);
  }

  void words(std::string_view noun, std::span<const WordValue> words, std::uint32_t access) {
    for (const WordValue& word : words) {
      if ((access & word.value) != 0) (void)at(fmt::format("{} {}", noun, word.word), false);
    }
  }

  const ResolvedProfile& profile_;
  const Rule* rule_ = nullptr;
  Values values_;
};

std::string ports_text(const Ports& ports) {
  std::string out;
  for (const PortRange& range : ports) out += (out.empty() ? "" : " ") + to_text(range);
  return out == "any" ? "every port" : "port " + out;
}

std::string text_of(const Value& value) {
  if (value.ports) return ports_text(*value.ports);
  if (value.signals)
    return *value.signals == every_signal ? "every signal" : signals_text(*value.signals);
  if (value.access == GL_FILE_ALL) return "every access";
  return value.access != 0 ? file_access_text(value.access) : std::string();
}

// Does `a` hold all that `b` holds?
bool includes(const Value& a, const Value& b) {
  if ((b.access & ~a.access) != 0) return false;
  if ((b.signals.value_or(0) & ~a.signals.value_or(0)) != 0) return false;
  if (!b.ports) return true;
  return a.ports && includes(*a.ports, *b.ports);
}

Effect effect_of(bool grows, bool deny) { return grows == deny ? Effect::narrower : Effect::wider; }

void setting(std::vector<Difference>& out, std::string_view name, std::string before,
             std::string after) {
  if (before == after) return;
  const Change change = before.empty()  ? Change::added
                        : after.empty() ? Change::removed
                                        : Change::changed;
  out.push_back({change,
                 Effect::other,
                 fmt::format("setting {}", name),
                 std::move(before),
                 std::move(after),
                 {}});
}

std::string joined(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + escape(word);
  return out;
}

void settings(std::vector<Difference>& out, const ResolvedProfile& a, const ResolvedProfile& b) {
  setting(out, "name", a.name, b.name);
  setting(out, "mode", std::string(mode_text(a.mode)), std::string(mode_text(b.mode)));
  const auto violation = [](OnViolation v) { return v == OnViolation::deny ? "deny" : "kill"; };
  setting(out, "on_violation", violation(a.on_violation), violation(b.on_violation));
  setting(out, "kill_after", std::to_string(a.kill_after), std::to_string(b.kill_after));
  const auto error = [](OnError e) { return e == OnError::deny ? "deny" : "allow"; };
  setting(out, "on_error", error(a.on_error), error(b.on_error));
  const auto crossing = [](OnInherited i) { return i == OnInherited::deny ? "deny" : "report"; };
  setting(out, "on_inherited", crossing(a.on_inherited), crossing(b.on_inherited));
  const auto layers = [](Layers l) {
    return std::string(layers_words[static_cast<std::size_t>(l)]);
  };
  setting(out, "backend", layers(a.backend), layers(b.backend));
  const auto failing = [](OnEvidenceFailure f) {
    return std::string(evidence_failure_words[static_cast<std::size_t>(f)]);
  };
  setting(out, "on_evidence_failure", failing(a.on_evidence_failure),
          failing(b.on_evidence_failure));
  const auto inherited = [](bool stdio) { return stdio ? "stdio" : ""; };
  setting(out, "exec.inherit", inherited(a.inherit_stdio), inherited(b.inherit_stdio));
  setting(out, "owner", escape(a.contact.owner), escape(b.contact.owner));
  setting(out, "severity", a.contact.severity, b.contact.severity);
  setting(out, "runbook", escape(a.contact.runbook), escape(b.contact.runbook));
  setting(out, "attach.exec", joined(a.attach.exec), joined(b.attach.exec));
  setting(out, "attach.unit", joined(a.attach.unit), joined(b.attach.unit));
  setting(out, "attach.user", joined(a.attach.user), joined(b.attach.user));
  setting(out, "attach.oci", joined(a.attach.oci), joined(b.attach.oci));
  const auto digests = [](const ResolvedProfile& of) {
    std::vector<std::string> out_;
    for (const FileDigest& each : of.digests) out_.push_back(each.path + "=" + each.sha256);
    return joined(std::move(out_));
  };
  setting(out, "exec.digest", digests(a), digests(b));
}

}  // namespace

std::vector<Difference> diff(const ResolvedProfile& before, const ResolvedProfile& after) {
  std::vector<Difference> out;
  settings(out, before, after);
  const Values old_values = Collector(before).take();
  const Values new_values = Collector(after).take();
  std::map<std::string, Difference> rules;
  for (const auto& [subject, value] : old_values) {
    if (new_values.contains(subject)) continue;
    rules[subject] = {Change::removed, effect_of(false, value.deny), subject, text_of(value), {},
                      value.place};
  }
  for (const auto& [subject, value] : new_values) {
    const auto old = old_values.find(subject);
    if (old == old_values.end()) {
      rules[subject] = {Change::added, effect_of(true, value.deny), subject, {}, text_of(value),
                        value.place};
      continue;
    }
    const bool grows = includes(value, old->second);
    const bool shrinks = includes(old->second, value);
    if (grows && shrinks) continue;
    const Effect effect = grows || shrinks ? effect_of(grows, value.deny) : Effect::other;
    rules[subject] = {Change::changed,      effect,         subject,
                      text_of(old->second), text_of(value), value.place};
  }
  for (auto& [subject, difference] : rules) out.push_back(std::move(difference));
  return out;
}

}  // namespace glacis::profile
