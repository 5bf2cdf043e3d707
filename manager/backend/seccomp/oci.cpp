// SPDX-License-Identifier: Apache-2.0
#include "manager/backend/seccomp/oci.h"

#include <fmt/format.h>
#include <seccomp.h>
#include <sys/personality.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "manager/backend/seccomp/complement.h"

namespace glacis::seccomp {
namespace {

using Json = nlohmann::ordered_json;
using profile::SyscallOp;

std::string_view op_name(SyscallOp op) {
  switch (op) {
    case SyscallOp::eq:
      return "SCMP_CMP_EQ";
    case SyscallOp::ne:
      return "SCMP_CMP_NE";
    case SyscallOp::lt:
      return "SCMP_CMP_LT";
    case SyscallOp::le:
      return "SCMP_CMP_LE";
    case SyscallOp::gt:
      return "SCMP_CMP_GT";
    case SyscallOp::ge:
      return "SCMP_CMP_GE";
    case SyscallOp::masked_eq:
      break;
  }
  return "SCMP_CMP_MASKED_EQ";
}

std::string_view machine_name(std::uint32_t machine) {
  switch (machine) {
    case SCMP_ARCH_X86_64:
      return "SCMP_ARCH_X86_64";
    case SCMP_ARCH_X86:
      return "SCMP_ARCH_X86";
    case SCMP_ARCH_AARCH64:
      return "SCMP_ARCH_AARCH64";
    case SCMP_ARCH_ARM:
      return "SCMP_ARCH_ARM";
    default:
      return "SCMP_ARCH_NATIVE";
  }
}

Json args_json(const std::vector<SyscallArg>& args) {
  Json out = Json::array();
  for (const SyscallArg& arg : args) {
    // Of a masked comparison the first value is the mask.
    const bool masked = arg.op == SyscallOp::masked_eq;
    Json one = {{"index", arg.index}, {"value", masked ? arg.mask : arg.value}};
    if (masked) one["valueTwo"] = arg.value;
    one["op"] = op_name(arg.op);
    out.push_back(std::move(one));
  }
  return out;
}

Json rule_json(std::vector<std::string> names, SyscallAction action) {
  Json out = {{"names", std::move(names)}};
  switch (action) {
    case SyscallAction::allow:
      out["action"] = "SCMP_ACT_ALLOW";
      break;
    case SyscallAction::deny:
      out["action"] = "SCMP_ACT_ERRNO";
      out["errnoRet"] = EPERM;
      break;
    case SyscallAction::kill:
      out["action"] = "SCMP_ACT_KILL_PROCESS";
      break;
  }
  return out;
}

class Exporter {
 public:
  explicit Exporter(const Policy& policy) : policy_(policy) {}

  // False for a call that can't be expressed.
  bool add(const Call& call) {
    if (call.plain()) {
      const bool said = policy_.list || call.otherwise != SyscallAction::allow;
      if (said) plain_[call.otherwise].push_back(call.name);
      return true;
    }
    for (const Clause& clause : call.kills) when(call, SyscallAction::kill, exact(clause));
    // Kills win where both hold; a refusal is not said where everything else is.
    const auto alive = complement(call.kills);
    if (!alive) return false;
    if (call.otherwise == SyscallAction::deny && call.grants.empty())
      return all(call, SyscallAction::deny, *alive);
    const auto refused = both(*alive, of(call.refusals));
    if (!refused || !all(call, SyscallAction::deny, *refused)) return false;
    if (!policy_.list) return true;
    const auto passed = complement(call.refusals);
    const auto allowed = passed ? both(*alive, *passed) : std::nullopt;
    if (!allowed) return false;
    if (call.grants.empty()) return all(call, SyscallAction::allow, *allowed);
    Conditions granted;
    for (const Clause& clause : call.grants) granted.push_back(clause.args);
    const auto rest = both(*allowed, granted);
    return rest && all(call, SyscallAction::allow, *rest);
  }

  Json run(const Machine& machine) {
    Json out;
    out["defaultAction"] = policy_.list ? "SCMP_ACT_ERRNO" : "SCMP_ACT_ALLOW";
    if (policy_.list) out["defaultErrnoRet"] = ENOSYS;
    out["architectures"] = {machine_name(machine.native)};
    if (policy_.compat && machine.compat)
      out["architectures"].push_back(machine_name(*machine.compat));
    out["syscalls"] = Json::array();
    for (auto& [action, names] : plain_)
      out["syscalls"].push_back(rule_json(std::move(names), action));
    for (Json& rule : conditional_) out["syscalls"].push_back(std::move(rule));
    return out;
  }

 private:
  static Conditions of(const std::vector<Clause>& refusals) {
    Conditions out;
    for (const Clause& clause : refusals) out.push_back(exact(clause));
    return out;
  }

  bool all(const Call& call, SyscallAction action, const Conditions& conditions) {
    for (const auto& args : conditions) when(call, action, args);
    return true;
  }

  void when(const Call& call, SyscallAction action, const std::vector<SyscallArg>& args) {
    Json rule = rule_json({call.name}, action);
    if (!args.empty()) rule["args"] = args_json(args);
    conditional_.push_back(std::move(rule));
  }

  const Policy& policy_;
  std::map<SyscallAction, std::vector<std::string>> plain_;
  std::vector<Json> conditional_;
};

// READ_IMPLIES_EXEC has 31 refusals, whose complement is these two.
constexpr std::string_view by_hand = "personality";

std::uint32_t first_rule(const Call& call) {
  for (const auto* clauses : {&call.kills, &call.refusals, &call.grants})
    for (const Clause& clause : *clauses)
      if (clause.rule != 0) return clause.rule;
  return call.rule;
}

// On a list, what the baseline leaves of personality(2) is said the other way round.
Call turned(const Policy& policy, Call call) {
  const auto from_baseline = [](const Clause& clause) { return clause.rule == 0; };
  if (!policy.list || call.name != by_hand || call.otherwise != SyscallAction::allow ||
      std::ranges::none_of(call.refusals, from_baseline))
    return call;
  std::erase_if(call.refusals, from_baseline);
  call.otherwise = SyscallAction::deny;
  call.grants = {{{{0, SyscallOp::masked_eq, 0, READ_IMPLIES_EXEC}}, 0},
                 {{{0, SyscallOp::masked_eq, 0xffffffff, 0xffffffff}}, 0}};
  return call;
}

}  // namespace

Result<std::string> oci_json(const Policy& policy, const Machine& machine,
                             const image::SourceMap* map) {
  Exporter exporter(policy);
  for (const Call& call : policy.calls) {
    if (exporter.add(turned(policy, call))) continue;
    const std::uint32_t rule = first_rule(call);
    return fail(Exit::usage,
                fmt::format("the conditions of {} cannot be expressed in one OCI filter ({})",
                            call.name, map ? map->place(rule) : fmt::format("rule {}", rule)),
                "write fewer or simpler ones; `glacis run` takes them as they are");
  }
  return exporter.run(machine).dump(2) + "\n";
}

}  // namespace glacis::seccomp
