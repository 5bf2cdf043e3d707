// SPDX-License-Identifier: Apache-2.0
#include "manager/correlate/render.h"

#include <fmt/format.h>

#include "manager/base/escape.h"
#include "manager/evidence/names.h"

namespace glacis::correlate {
namespace {

std::string shown(std::string_view bytes) { return escape(bytes, Backslash::keep); }

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& one : list) out += (out.empty() ? "" : " ") + shown(one);
  return out;
}

std::string person_text(const Person& by) {
  std::string out = by.name.empty() ? "somebody without a name" : shown(by.name);
  if (!by.groups.empty()) out += ", groups " + joined(by.groups);
  if (by.acts_as.empty()) return out;
  out += ", acting as " + shown(by.acts_as);
  return by.acts_as_groups.empty() ? out : out + ", groups " + joined(by.acts_as_groups);
}

// The last address is the server's own word, those before it the client's.
std::string origin_text(const Person& by) {
  std::string out = by.addresses.empty() ? "an unknown address" : shown(by.addresses.back());
  if (by.addresses.size() > 1)
    out += fmt::format(" (says it came by {})",
                       joined({by.addresses.begin(), by.addresses.end() - 1}));
  return by.agent.empty() ? out : out + ", " + shown(by.agent);
}

std::string span_text(const Action& action) {
  const std::string from = evidence::time_text(action.from);
  return action.until == 0 ? from : from + " to " + evidence::time_text(action.until);
}

std::string place_text(const Action& action) {
  std::string out = shown(action.space);
  for (const std::string* one : {&action.pod, &action.container, &action.host})
    if (!one->empty()) out += (out.empty() ? "" : "/") + shown(*one);
  return out;
}

std::string short_text(const Action& action) {
  return fmt::format("{} {} {} in {}{}", evidence::time_text(action.from), shown(action.by.name),
                     shown(action.verb), action.space.empty() ? "-" : shown(action.space),
                     action.refused ? ", refused" : "");
}

std::string row(const char* name, const std::string& text) {
  return fmt::format("    {:<8} {}\n", name, text);
}

std::string candidate_text(const Candidate& one) {
  const Action& action = *one.action;
  std::string out = fmt::format("  {:<6} {:>3}  {}\n", confidence(one.score.points),
                                one.score.points, person_text(action.by));
  const std::string command = command_line(action);
  out += row("session", fmt::format("{}{}{}, {}", word(action.kind), command.empty() ? "" : ": ",
                                    command, span_text(action)));
  out += row("from", origin_text(action.by));
  if (!action.by.arn.empty() && action.by.arn != action.by.name)
    out += row("account", shown(action.by.arn));
  if (one.identity)
    out += row("taken by", fmt::format("{} from {}", person_text(one.identity->by),
                                       origin_text(one.identity->by)));
  std::string why;
  for (const Reason& reason : one.score.reasons)
    why += fmt::format("{}{:+} {}", why.empty() ? "" : "; ", reason.points, reason.text);
  out += row("why", why);
  return out +
         row("record", fmt::format("{} {}, line {}", action.source, shown(action.id), action.line));
}

Json list_json(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const std::string& one : list) out.push_back(escape(one));
  return out;
}

Json person_json(const Person& by) {
  return {{"user", escape(by.name)},
          {"groups", list_json(by.groups)},
          {"acts_as", by.acts_as.empty() ? Json() : Json(escape(by.acts_as))},
          {"acts_as_groups", list_json(by.acts_as_groups)},
          {"addresses", list_json(by.addresses)},
          {"agent", escape(by.agent)},
          {"arn", by.arn.empty() ? Json() : Json(escape(by.arn))},
          {"access_key", by.access_key.empty() ? Json() : Json(escape(by.access_key))},
          {"pod", by.pod.empty() ? Json() : Json(escape(by.pod))}};
}

Json action_json(const Action& action) {
  return {{"source", action.source},
          {"id", escape(action.id)},
          {"line", action.line},
          {"kind", word(action.kind)},
          {"verb", escape(action.verb)},
          {"place", escape(place_text(action), Backslash::keep)},
          {"command", list_json(action.command)},
          {"from", evidence::time_text(action.from)},
          {"until", action.until == 0 ? Json() : Json(evidence::time_text(action.until))},
          {"refused", action.refused},
          {"by", person_json(action.by)}};
}

Json candidate_json(const Candidate& one) {
  Json reasons = Json::array();
  for (const Reason& reason : one.score.reasons)
    reasons.push_back({{"points", reason.points}, {"text", reason.text}});
  return {{"confidence", confidence(one.score.points)},
          {"score", one.score.points},
          {"reasons", std::move(reasons)},
          {"session", action_json(*one.action)},
          {"identity", one.identity ? action_json(*one.identity) : Json()}};
}

Json named_json(const Named& named) {
  const Refusal& refusal = named.refusal;
  Json out = {{"seq", refusal.seq},
              {"time", escape(refusal.when, Backslash::keep)},
              {"verdict", escape(refusal.verdict, Backslash::keep)},
              {"domain", escape(refusal.domain, Backslash::keep)},
              {"host", escape(refusal.host, Backslash::keep)},
              {"namespace", escape(refusal.space, Backslash::keep)},
              {"pod", escape(refusal.pod, Backslash::keep)},
              {"container", escape(refusal.container, Backslash::keep)},
              {"blockers", refusal.blockers},
              {"object", refusal.object}};
  const auto list = [&](const char* key, const std::vector<const Action*>& actions) {
    Json& to = out[key] = Json::array();
    for (const Action* one : actions) to.push_back(action_json(*one));
  };
  Json& candidates = out["candidates"] = Json::array();
  for (const Candidate& one : named.candidates) candidates.push_back(candidate_json(one));
  list("of_the_token", named.of_the_token);
  list("also", named.also);
  return out;
}

Json source_json(const Source& source) {
  Json told = Json::array();
  for (const Bad& bad : source.told)
    told.push_back({{"line", bad.line}, {"what", escape(bad.what, Backslash::keep)}});
  return {{"source", source.name},        {"file", escape(source.file)},
          {"records", source.records},    {"actions", source.actions.size()},
          {"not_understood", source.bad}, {"not_kept", source.over},
          {"told", std::move(told)}};
}

std::string source_text(const Source& source) {
  std::string out = fmt::format("{}: {} records of {}, actions that bear on containers: {}\n",
                                source.file == "-" ? "standard input" : shown(source.file),
                                source.records, source.name, source.actions.size() + source.over);
  for (const Bad& bad : source.told)
    out += fmt::format("  line {}: {}\n", bad.line, shown(bad.what));
  if (source.bad > source.told.size())
    out += fmt::format("  and {} more that were not understood\n", source.bad - source.told.size());
  if (source.over != 0)
    out += fmt::format("  {} were not looked at: more than {}\n", source.over, most_actions);
  return out;
}

}  // namespace

std::string correlation_text(const Correlation& found) {
  std::string out;
  for (const Named& named : found.named) {
    const Refusal& refusal = named.refusal;
    out += fmt::format("record {}  {}  {} {} {}  {}\n", refusal.seq, shown(refusal.when),
                       shown(refusal.verdict), refusal.blockers, refusal.object,
                       shown(refusal.place()));
    for (const Candidate& one : named.candidates) out += candidate_text(one);
    for (const Action* one : named.of_the_token)
      out += "  the pod's own token: " + short_text(*one) + '\n';
    for (const Action* one : named.also) out += "  also: " + short_text(*one) + '\n';
  }
  return out;
}

std::string summary_text(const Correlation& found, const std::vector<Source>& sources,
                         const Options& options) {
  std::string out;
  for (const Source& source : sources) out += source_text(source);
  out += fmt::format(
      "refusals: {}, in containers {}, in pods {}; joined on namespace, pod, container, command "
      "and time (clocks may differ by {}): {} named\n",
      found.refusals, found.contained, found.in_pods, duration(options.tolerance),
      found.named.size());
  if (found.not_allowed != 0)
    out += fmt::format("sessions that the API server refused: {}\n", found.not_allowed);
  if (found.contained > found.in_pods)
    out += fmt::format("refusals in containers that name no pod, as the runtime did not: {}\n",
                       found.contained - found.in_pods);
  if (found.early != 0)
    out += fmt::format(
        "refusals up to {1} before a session in their pod: {0}; where clocks differ, "
        "--clock-tolerance {2}\n",
        found.early, duration(found.early_by), found.early_by / second + 1);
  return out;
}

Json correlation_json(const Correlation& found, const std::vector<Source>& sources,
                      const Options& options) {
  Json out = {{"schema", "glacis.correlation/1"},
              {"joined_on", {"namespace", "pod", "container", "command", "time"}},
              {"clock_tolerance", options.tolerance / second},
              {"refusals", found.refusals},
              {"in_containers", found.contained},
              {"in_pods", found.in_pods},
              {"sessions", found.sessions},
              {"not_allowed", found.not_allowed},
              {"early", found.early},
              {"early_by", found.early_by / second}};
  Json& read = out["sources"] = Json::array();
  for (const Source& source : sources) read.push_back(source_json(source));
  Json& named = out["named"] = Json::array();
  for (const Named& one : found.named) named.push_back(named_json(one));
  return out;
}

}  // namespace glacis::correlate
