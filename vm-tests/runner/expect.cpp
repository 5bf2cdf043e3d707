// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/runner/expect.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <sstream>

namespace glacis::scenario {
namespace {

bool flag(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::string string_member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

long number_member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<long>() : 0;
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

const Json* descend(const Json& record, std::string_view path) {
  const Json* at = &record;
  while (!path.empty()) {
    const auto dot = path.find('.');
    const std::string key(path.substr(0, dot));
    if (!at->is_object() || !at->contains(key)) return nullptr;
    at = &(*at)[key];
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return at;
}

std::string line_of(std::string_view text, long number) {
  std::istringstream in{std::string(text)};
  std::string line;
  for (long i = 0; i < number; ++i) {
    if (!std::getline(in, line)) return {};
  }
  return line;
}

// The texts that a key stands for in a record; none if the record lacks it.
std::vector<std::string> values_of(const std::string& key, const Json& record,
                                   std::string_view profile) {
  std::string path = key;
  if (key == "blocker") path = "blockers";
  if (key == "rule") path = "rule.reason";
  if (key == "object") path = "object.path";
  if (key == "rule_text") path = "rule.line";
  const Json* found = descend(record, path);
  if (found == nullptr) return {};
  if (key == "rule_text") {
    if (!found->is_number_integer()) return {};
    return {line_of(profile, found->get<long>())};
  }
  if (!found->is_array()) return {as_text(*found)};
  std::vector<std::string> texts;
  for (const Json& item : *found) texts.push_back(as_text(item));
  return texts;
}

bool matches_field(const FieldCheck& field, const Json& record, std::string_view profile) {
  const auto texts = values_of(field.key, record, profile);
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
    return field.contains ? text.find(field.value) != std::string::npos : text == field.value;
  });
}

std::string check_refused(const Scenario& scenario, const Json& act) {
  if (flag(act, "effect")) return "the side effect happened";
  if (flag(act, "ok")) return "it succeeded";
  const std::string name = string_member(act, "errno_name");
  if (scenario.errnos.empty()) return {};
  if (std::find(scenario.errnos.begin(), scenario.errnos.end(), name) != scenario.errnos.end()) {
    return {};
  }
  return fmt::format("errno is {} and not {}", name.empty() ? "none" : name,
                     fmt::join(scenario.errnos, " or "));
}

}  // namespace

std::string check_control(const Json& act) {
  if (flag(act, "untried")) return "could not be tried: " + string_member(act, "detail");
  if (!flag(act, "ok")) return "it failed";
  if (!flag(act, "effect")) return "no effect was seen";
  return {};
}

std::string check_outcome(const Scenario& scenario, const Json& act) {
  if (flag(act, "untried")) return "could not be tried: " + string_member(act, "detail");
  switch (scenario.outcome) {
    case Outcome::ok:
      return check_control(act);
    case Outcome::refused:
      return check_refused(scenario, act);
    case Outcome::killed:
      // SIGSYS: by the filter of system calls.
      return number_member(act, "signal") == SIGKILL || number_member(act, "signal") == SIGSYS
                 ? ""
                 : "it was not killed";
    case Outcome::unset:
      break;
  }
  return "nothing is expected";
}

std::string check_counts(const Scenario& scenario, const Json& act) {
  for (const CountCheck& check : scenario.counts) {
    const Json* found = descend(act, "counts." + check.key);
    if (found == nullptr || !found->is_number_integer()) {
      return fmt::format("the act did not count {}", check.key);
    }
    const auto value = found->get<unsigned long>();
    const bool fits =
        (check.op == "==" && value == check.value) || (check.op == "!=" && value != check.value) ||
        (check.op == "<" && value < check.value) || (check.op == ">" && value > check.value);
    if (!fits) return fmt::format("{} is {}, not {} {}", check.key, value, check.op, check.value);
  }
  return {};
}

bool matches(const EventCheck& check, const Json& record, std::string_view profile) {
  return std::all_of(check.begin(), check.end(), [&](const FieldCheck& field) {
    return matches_field(field, record, profile);
  });
}

std::string to_text(const EventCheck& check) {
  std::string text;
  for (const FieldCheck& field : check) {
    if (!text.empty()) text += ' ';
    text += field.key + (field.contains ? '~' : '=') + field.value;
  }
  return text;
}

}  // namespace glacis::scenario
