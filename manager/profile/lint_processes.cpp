// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <variant>
#include <vector>

#include "manager/profile/lint.h"

namespace glacis::profile {
namespace {

bool meets_unconfined(const ProcessRule& rule) {
  return rule.peer == "any" || rule.peer == "unconfined";
}

}  // namespace

void lint_processes(const Resolved& resolved, diag::Diagnostics& diagnostics) {
  std::vector<const Rule*> tracing;
  bool refused = false;
  for (const Rule& rule : resolved.profile.rules) {
    const auto* process = std::get_if<ProcessRule>(&rule.body);
    if (process == nullptr || !meets_unconfined(*process)) continue;
    if ((process->access & GL_TASK_TRACE) == 0) continue;
    if (process->deny) refused = true;
    if (!process->deny) tracing.push_back(&rule);
  }
  if (refused) return;
  for (const Rule* rule : tracing) {
    diagnostics.add(diag::Code::GL307, "the program may trace tasks that no profile confines")
        .at(rule->span, std::get<ProcessRule>(rule->body).peer)
        .note("who traces a task can make it do anything, so this profile no longer holds")
        .suggest("name the profiles that are meant, or \"self\"");
  }
}

}  // namespace glacis::profile
