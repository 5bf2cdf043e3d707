// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/why_call.h"

#include <nlohmann/json.hpp>

#include "manager/backend/seccomp/policy.h"
#include "manager/cli/cli.h"
#include "manager/evidence/phrases.h"
#include "manager/image/reader.h"

namespace glacis::cli {
namespace {

using evidence::member;
using evidence::text_of;
using seccomp::SyscallAction;

struct ToldCall {
  std::string_view outcome;  // allowed_now, change, impossible, conditions
  std::string text;          // a sentence
  std::string place;         // of the rule that refuses it
  std::string drop_in;       // that allows it
};

Result<seccomp::Policy> policy_of(const profile::ResolvedProfile& profile) {
  const auto image = image::build(profile);
  if (!image) return std::unexpected(image.error());
  const auto view = image::read(image->bytes);
  if (!view) return std::unexpected(view.error());
  return seccomp::policy_of(*view);
}

bool passes(const seccomp::Policy& policy, const std::string& name) {
  const seccomp::Call* call = policy.find(name);
  return call == nullptr ? !policy.list : call->plain() && call->otherwise == SyscallAction::allow;
}

std::string place_of(const Compiled& compiled, std::uint32_t rule) {
  const auto* at = rule == 0 ? nullptr : compiled.image.source_map.find(rule);
  return at == nullptr ? "" : fmt::format("{}:{}  {}", shown(at->file), at->line, shown(at->text));
}

// Nothing but the conditions' rules: which of them held is not known.
ToldCall by_conditions(const Compiled& compiled, const seccomp::Call& call) {
  std::uint32_t rule = 0;
  for (const auto* clauses : {&call.kills, &call.refusals, &call.grants})
    if (rule == 0 && !clauses->empty()) rule = clauses->front().rule;
  const bool baseline = rule == 0;
  return {"conditions",
          baseline ? "the baseline refuses it by its arguments, which the kernel does not keep"
                   : "its arguments decide, which the kernel does not keep",
          place_of(compiled, rule),
          {}};
}

// A list lacks it: the grant is tried by the compiler.
ToldCall by_default(const Output& out, const Learned& learned, const std::string& name) {
  const std::string text = fmt::format("schema = 1\n[syscalls]\nallow = [\"{}\"]\n", shown(name));
  Output silent = out;
  silent.quiet = true;
  const auto with = learned.load(silent, &text);
  const auto policy =
      with ? policy_of(*with) : Result<seccomp::Policy>(std::unexpected(with.error()));
  if (!policy)
    return {"impossible", "the compiler refuses the rule: " + policy.error().what, {}, {}};
  if (!passes(*policy, name)) return {"impossible", "the language has no rule for it", {}, {}};
  return {"change", "[syscalls] is a list, and does not have it", {}, text};
}

ToldCall of_call(const Output& out, const Json& record, const Compiled& compiled,
                 const Learned& learned) {
  const auto name = text_of(member(record, "object"), "call");
  const std::string reason = text_of(member(record, "rule"), "reason").value_or("");
  if (reason == "other" || reason == "unknown")
    return {"impossible",
            reason == "other" ? "another filter than the profile's refused it"
                              : "nobody knows whose filter refused it",
            {},
            {}};
  if (!name) return {"impossible", "no rule can name a call that has no name", {}, {}};
  const auto policy = policy_of(compiled.profile);
  if (!policy) return {"impossible", policy.error().what, {}, {}};
  if (passes(*policy, *name))
    return {"allowed_now", "the profile as it is now lets it pass", {}, {}};
  const seccomp::Call* call = policy->find(*name);
  if (call == nullptr) return by_default(out, learned, *name);
  if (!call->plain()) return by_conditions(compiled, *call);
  if (call->rule == 0 && policy->list) return by_default(out, learned, *name);
  if (call->rule == 0)
    return {"impossible", "the baseline refuses it, whatever the profile says", {}, {}};
  return {"change",
          "a refusal wins over every grant: take it out of the rule, or the rule away",
          place_of(compiled, call->rule),
          {}};
}

ToldCall told_of(const Output& out, const Json& record, const Compiled& compiled,
                 const Learned& learned) {
  if (text_of(record, "hook") == "seccomp") return of_call(out, record, compiled, learned);
  const bool own = text_of(record, "verdict") != "denied_by_other";
  return {"impossible",
          own ? "AppArmor refused it for this profile, and tells no line of ours; see what "
                "`glacis export apparmor` writes"
              : "AppArmor refused it by a profile of the host's",
          {},
          {}};
}

}  // namespace

bool is_of_other(const Json& record) {
  const auto hook = text_of(record, "hook");
  return hook == "seccomp" || hook == "apparmor";
}

Result<int> tell_other(const Output& out, const Json& record, const Compiled& compiled,
                       const Learned& learned) {
  const ToldCall told = told_of(out, record, compiled, learned);
  const std::string file = told.drop_in.empty() ? "" : shown(learned.drop_in().native());
  if (out.json) {
    Json json = {{"schema", "glacis.why/1"}};
    for (const char* key : {"time", "domain", "verdict", "mode", "hook", "blockers", "subject",
                            "object", "rule", "image", "audit", "chain"})
      json[key] = member(record, key);
    json["outcome"] = told.outcome;
    json["reason"] = told.text;
    if (!told.place.empty()) json["at"] = told.place;
    if (!file.empty()) json["change"] = {{"file", file}, {"text", told.drop_in}};
    out.write_json(json);
  } else {
    out.print("record {}: {}: {}\n", evidence::number_phrase(record),
              evidence::object_phrase(member(record, "object")),
              evidence::shown(record, "verdict"));
    out.print("  {:<10} {}\n", "by", evidence::shown(record, "hook"));
    out.print("  {:<10} {}\n", "now", told.text);
    if (!told.place.empty()) out.print("  {:<10} {}\n", "at", told.place);
    if (!file.empty()) out.print("add {}\n\n{}\n", file, told.drop_in);
  }
  return code(told.outcome == "impossible" ? Exit::findings : Exit::ok);
}

}  // namespace glacis::cli
