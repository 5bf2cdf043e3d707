// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/answer.h"

#include <nlohmann/json.hpp>

#include "manager/image/nearest.h"
#include "manager/sim/event.h"

namespace glacis::cli {
namespace {

std::string_view reason_word(std::uint32_t reason) {
  switch (reason) {
#define GLACIS_REASON(name, value, text) \
  case value:                            \
    return text;
    GL_REASONS(GLACIS_REASON)
#undef GLACIS_REASON
  }
  return "none";
}

Json rule_json(const Policy& policy, std::uint32_t id) {
  Json out = {{"id", id}};
  const image::SourceRule* rule = policy.map ? policy.map->find(id) : nullptr;
  if (rule == nullptr) return out;
  out["file"] = shown(rule->file);
  out["line"] = rule->line;
  if (rule->column != 0) out["column"] = rule->column;
  out["text"] = shown(rule->text);
  return out;
}

}  // namespace

Answer answer(const Policy& policy, const sim::Request& request) {
  const gl_verdict verdict = sim::Simulator(policy.view, policy.name).decide(request);
  Answer out;
  out.event = sim::to_text(request);
  out.allow = verdict.decision == GL_ALLOW;
  out.kill = !out.allow &&
             (verdict.decision == GL_KILL || (policy.view.header().flags & GL_IMAGE_KILL) != 0);
  out.reason = reason_word(verdict.reason);
  out.rule = verdict.rule;
  if (out.allow) return out;
  out.blocker = sim::blocker_text(request, verdict);
  if (verdict.rule != 0 || !policy.map) return out;
  const auto* file = std::get_if<sim::FileRequest>(&request);
  const auto* exec = std::get_if<sim::ExecRequest>(&request);
  if (file != nullptr && !file->path.empty())
    out.nearest = image::nearest(*policy.map, file->path, file->access);
  if (exec != nullptr && !exec->path.empty())
    out.nearest = image::nearest(*policy.map, exec->path, GL_FILE_EXECUTE);
  return out;
}

Json to_json(const Policy& policy, const Answer& answer) {
  Json out = {{"event", shown(answer.event)},
              {"decision", answer.allow  ? "allow"
                           : answer.kill ? "kill"
                                         : "deny"},
              {"reason", answer.reason}};
  if (!answer.blocker.empty()) out["blocker"] = answer.blocker;
  out["rule"] = rule_json(policy, answer.rule);
  if (answer.nearest) out["nearest"] = rule_json(policy, *answer.nearest);
  return out;
}

std::string rule_line(const Policy& policy, std::uint32_t id) {
  const image::SourceRule* rule = policy.map ? policy.map->find(id) : nullptr;
  if (rule == nullptr) return fmt::format("rule {}", id);
  return fmt::format("{}: {}", shown(policy.map->exact_place(id)), shown(rule->text));
}

void print(const Output& out, const Policy& policy, const Answer& answer) {
  const std::string decision = answer.allow  ? out.paint(Paint::green, "allow")
                               : answer.kill ? out.paint(Paint::red, "kill")
                                             : out.paint(Paint::red, "deny");
  out.print("{}  {}\n", decision, shown(answer.event));
  if (!answer.blocker.empty()) out.print("  blocker  {}\n", answer.blocker);
  out.print("  reason   {}{}\n", answer.reason,
            answer.reason == "default" ? ": no rule grants it" : "");
  if (answer.rule != 0) out.print("  rule     {}\n", rule_line(policy, answer.rule));
  if (answer.nearest) out.print("  nearest  {}\n", rule_line(policy, *answer.nearest));
}

}  // namespace glacis::cli
