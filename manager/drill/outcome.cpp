// SPDX-License-Identifier: Apache-2.0
#include "manager/drill/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "manager/base/escape.h"

namespace glacis::drill {
namespace {

using evidence::member;
using evidence::number_of;
using evidence::text_of;

bool flag(const Json& of, const char* key) {
  const Json& value = member(of, key);
  return value.is_boolean() && value.get<bool>();
}

int small(const Json& of, const char* key) {
  const auto number = number_of(of, key);
  return number && *number < 4096 ? static_cast<int>(*number) : 0;
}

std::string place(const Json& rule) {
  const auto file = text_of(rule, "file");
  const auto line = number_of(rule, "line");
  return file && line ? fmt::format("{}:{}", *file, *line) : std::string();
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> out;
  if (!list.is_array()) return out;
  for (const Json& one : list)
    if (one.is_string()) out.push_back(one.get<std::string>());
  return out;
}

std::string failure(const Try& of) {
  if (of.signal != 0) return fmt::format("signal {} at {}", of.signal, of.stage);
  return fmt::format("{} at {}", of.error_name.empty() ? "no error" : of.error_name,
                     of.stage.empty() ? "no call" : of.stage);
}

bool denied_with(const Outcome& outcome, const std::string& error) {
  return std::ranges::any_of(outcome.records, [&](const Record& one) {
    return one.verdict == "denied" && one.error_name == error;
  });
}

bool killed(const Outcome& outcome) {
  return std::ranges::any_of(outcome.records, [](const Record& one) { return one.killed; });
}

// Why the control proves nothing; empty if it does.
std::string fault_of_control(const Try& control) {
  if (!control.trouble.empty()) return "the control was not made: " + control.trouble;
  if (!control.answered) return "the control has no result";
  if (control.untried) return "the control could not be tried: " + control.detail;
  if (!control.ok) return "the control failed without the profile: " + failure(control);
  if (!control.happened()) return "the control had no effect that could be seen";
  return {};
}

void judge_inside(Outcome& out, const Try& inside) {
  if (inside.ok || inside.happened()) {
    out.verdict = Verdict::granted;
    out.why = inside.ok ? "the profile allows it" : "it failed, but its effect is there";
  } else if (!inside.trouble.empty() || !inside.answered) {
    out.why = inside.trouble.empty() ? "there is no result" : inside.trouble;
  } else if (inside.untried) {
    out.why = "it could not be tried: " + inside.detail;
  } else if (inside.signal == SIGKILL && killed(out)) {
    out.verdict = Verdict::passed;
  } else if (inside.error != EACCES && inside.error != EPERM) {
    out.why = "it failed before the profile was asked: " + failure(inside);
  } else if (!denied_with(out, inside.error_name)) {
    out.why = fmt::format("{}, and no record says that the profile refused it", failure(inside));
  } else {
    out.verdict = Verdict::passed;
  }
}

}  // namespace

Try parse_try(std::string_view line, std::string_view id) {
  Try out;
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || text_of(json, "id") != id) {
    out.trouble = "what glacis-act says is not understood";
    return out;
  }
  out.answered = true;
  out.ok = flag(json, "ok");
  out.effect = flag(json, "effect");
  out.untried = flag(json, "untried");
  out.error = small(json, "errno");
  out.signal = small(json, "signal");
  out.error_name = escape(text_of(json, "errno_name").value_or(""));
  out.stage = escape(text_of(json, "stage").value_or(""));
  out.detail = escape(text_of(json, "detail").value_or(""));
  return out;
}

Record record_of(const Json& event) {
  Record out;
  out.seq = number_of(event, "seq").value_or(0);
  out.verdict = text_of(event, "verdict").value_or("");
  out.error_name = text_of(event, "errno").value_or("");
  out.grade = text_of(event, "grade").value_or("");
  out.grade_reason = text_of(event, "grade_reason").value_or("");
  out.owner = text_of(event, "owner").value_or("");
  out.killed = flag(event, "killed");
  const Json& rule = member(event, "rule");
  out.rule = place(rule);
  if (out.rule.empty()) {
    const auto id = number_of(rule, "id").value_or(0);
    out.rule = id == 0 ? text_of(rule, "reason").value_or("default") : fmt::format("rule {}", id);
  }
  out.near = place(member(rule, "near"));
  out.blockers = texts(member(event, "blockers"));
  out.techniques = texts(member(member(event, "attack"), "techniques"));
  return out;
}

std::string_view word(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return "passed";
    case Verdict::granted:
      return "granted";
    case Verdict::not_tried:
      return "not-tried";
  }
  return "";
}

void judge(Outcome& outcome) {
  outcome.verdict = Verdict::not_tried;
  outcome.why = fault_of_control(outcome.control);
  if (!outcome.why.empty()) return;
  if (!outcome.inside) {
    outcome.why = "the attempt was not made";
    return;
  }
  judge_inside(outcome, *outcome.inside);
}

}  // namespace glacis::drill
