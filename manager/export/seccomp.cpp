// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <variant>

#include "manager/export/export.h"

namespace glacis::exports {
namespace {

using diag::Code;
using profile::Rule;

// What such rules speak of, beyond the numbers and words that a filter sees.
constexpr std::string_view unseen(const profile::RuleBody& body) {
  if (std::holds_alternative<profile::PathRule>(body) ||
      std::holds_alternative<profile::EndingRule>(body))
    return "a filter of system calls sees no paths: files, programs, mounts and Unix sockets by "
           "name are not asked about";
  if (std::holds_alternative<profile::NetRule>(body) ||
      std::holds_alternative<profile::SocketRule>(body))
    return "a filter of system calls sees no addresses: sockets are not asked about";
  if (std::holds_alternative<profile::CapabilityRule>(body))
    return "capabilities are not asked about: name them to the runtime";
  if (std::holds_alternative<profile::MemoryRule>(body))
    return "memory that is code is not asked about";
  if (std::holds_alternative<profile::KernelRule>(body))
    return "doors to the kernel (io_uring, namespaces, modules and so on) are only asked about as "
           "system calls";
  if (std::holds_alternative<profile::ProcessRule>(body))
    return "signals and traces are not told apart by peer";
  return {};
}

}  // namespace

// Each class is said even where no rule grants any of it: what is refused by
// default passes the filter too.
void seccomp_limits(const profile::ResolvedProfile& profile, Findings& findings) {
  constexpr diag::Span whole{0, 1, 1, 1};
  const profile::RuleBody classes[] = {profile::PathRule{},       profile::NetRule{},
                                       profile::CapabilityRule{}, profile::MemoryRule{},
                                       profile::KernelRule{},     profile::ProcessRule{}};
  for (const profile::RuleBody& each : classes) {
    const std::string_view message = unseen(each);
    bool placed = false;
    for (const Rule& rule : profile.rules) {
      if (unseen(rule.body) != message) continue;
      findings.add(Code::GL612, std::string(message), rule.span);
      placed = true;
    }
    if (!placed) findings.add(Code::GL612, std::string(message), whole);
  }
  if (profile.mode != GL_MODE_ENFORCE)
    findings.add(Code::GL622, "the mode is not kept: a filter is always in force", whole);
}

}  // namespace glacis::exports
