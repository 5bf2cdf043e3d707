// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/blame.h"

#include <linux/seccomp.h>

#include <cerrno>

namespace glacis::daemon {
namespace {

using Is = seccomp::Answer::Is;

constexpr const char* by_other = "denied_by_other";

// What only logs refused nothing.
std::string verdict_of(const evidence::Other& other, std::uint32_t code) {
  if (code != SECCOMP_RET_LOG) return "denied";
  const bool observes = other.in_force && other.in_force->mode == GL_MODE_OBSERVE;
  return observes ? "observed" : "would_deny";
}

void nobody_knows(evidence::Other& other) {
  other.verdict = by_other;
  other.reason = "unknown";
  other.certain = false;
}

}  // namespace

void blame_call(evidence::Other& other, const std::optional<OwnFilter>& own) {
  const auto& call = std::get<audit::Seccomp>(other.record.what);
  auto name = seccomp::name_of(call.arch, call.call);
  other.abi = std::move(name.abi);
  other.call = std::move(name.call);
  if (!own || own->policy == nullptr) return nobody_knows(other);
  if (own->installed && *own->installed < own->programs) {  // bound otherwise than by `run`
    other.verdict = by_other;
    other.reason = "other";
    return;
  }
  const auto answer =
      seccomp::answer_of(*own->policy, own->machine, call.arch, call.call, call.code);
  other.certain = answer.is == Is::always;
  if (answer.is == Is::no) {
    other.verdict = by_other;
    other.reason = "other";
    return;
  }
  other.verdict = verdict_of(other, call.code);
  other.rule = answer.rule;
  other.error = answer.error;
  other.reason = answer.rule != 0 ? "rule" : answer.baseline ? "baseline" : "default";
}

bool blame_apparmor(evidence::Other& other, const std::vector<std::string>& named) {
  const auto& what = std::get<audit::AppArmor>(other.record.what);
  const bool refused = what.answer == "DENIED" || what.answer == "KILLED";
  if (!named.empty()) {
    if (!refused && what.answer != "ALLOWED") return false;
    other.domain = named.front();
    other.in_force.reset();
    other.verdict = refused ? "denied" : "observed";  // complain: audit and observe are one
    other.reason = "apparmor";
    return true;
  }
  other.verdict = by_other;
  other.reason = "other";
  return refused && other.domain.has_value();
}

}  // namespace glacis::daemon
