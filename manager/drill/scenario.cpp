// SPDX-License-Identifier: Apache-2.0
#include "manager/drill/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "manager/base/escape.h"
#include "manager/base/similar.h"

namespace glacis::drill {
namespace {

using Document = nlohmann::json;

constexpr std::size_t kMostWords = 16;

std::unexpected<Error> bad(const std::string& where, const std::string& what) {
  return fail(Exit::usage, fmt::format("the scenarios are not valid: {}: {}", escape(where), what));
}

template <typename Kind>
std::optional<Kind> kind_of(const std::string& word, std::initializer_list<const char*> words) {
  const auto at = std::ranges::find(words, word);
  if (at == words.end()) return std::nullopt;
  return static_cast<Kind>(at - words.begin());
}

// What needs no quotes on glacis-act's line.
bool is_word(const std::string& text) {
  return !text.empty() && text.size() < 256 && text.front() != '#' &&
         std::ranges::all_of(
             text,
             [](unsigned char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      std::string_view("./_{}:@,-").find(static_cast<char>(c)) !=
                          std::string_view::npos;
             });
}

bool is_technique(const std::string& text) {
  const auto digits = [&](std::size_t from, std::size_t count) {
    return text.size() >= from + count &&
           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(from),
                       text.begin() + static_cast<std::ptrdiff_t>(from + count),
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!text.starts_with('T') || !digits(1, 4)) return false;
  return text.size() == 5 || (text.size() == 9 && text[5] == '.' && digits(6, 3));
}

// Only what is the drill's own may be made or removed.
bool is_own_path(const std::string& path) {
  const bool named = path.starts_with("{scratch}/") ||
                     (path.starts_with('/') && path.find("{id}") != std::string::npos &&
                      path.rfind("{id}") > path.rfind('/'));
  return named && is_word(path) && path.find("..") == std::string::npos;
}

Result<Decoy> decoy_of(const Document& json, const std::string& where) {
  const auto kind =
      kind_of<DecoyKind>(json.at("kind"), {"file", "program", "folder", "process", "listener"});
  if (!kind) return bad(where, "a decoy of an unknown kind");
  Decoy out{*kind, json.value("path", "")};
  const bool has_path = *kind != DecoyKind::process && *kind != DecoyKind::listener;
  if (has_path ? !is_own_path(out.path) : !out.path.empty())
    return bad(where, "a decoy's path is not the drill's own");
  return out;
}

Result<Probe> probe_of(const Document& json, const std::string& where) {
  const auto kind =
      kind_of<ProbeKind>(json.at("kind"), {"none", "appears", "changes", "ends", "hears"});
  if (!kind) return bad(where, "a probe of an unknown kind");
  Probe out{*kind, json.value("path", "")};
  const bool has_path = *kind == ProbeKind::appears || *kind == ProbeKind::changes;
  if (has_path ? !is_own_path(out.path) : !out.path.empty())
    return bad(where, "a probe's path is not the drill's own");
  return out;
}

// A probe of a decoy that is not there would be one that can't fail.
bool has_decoy(const Step& step, DecoyKind kind) {
  return std::ranges::any_of(step.decoys, [&](const Decoy& one) { return one.kind == kind; });
}

bool names(const Step& step, std::string_view what) {
  return std::ranges::any_of(
      step.act, [&](const std::string& word) { return word.find(what) != std::string::npos; });
}

Status check(const Step& step, const std::string& where) {
  if (step.act.empty() || step.act.size() > kMostWords || !std::ranges::all_of(step.act, is_word))
    return bad(where, "an act that glacis-act could not be told");
  if (step.attack.empty() || !std::ranges::all_of(step.attack, is_technique))
    return bad(where, "no technique of ATT&CK");
  const bool process = has_decoy(step, DecoyKind::process);
  const bool listener = has_decoy(step, DecoyKind::listener);
  if ((step.probe.kind == ProbeKind::ends || names(step, "{pid}")) && !process)
    return bad(where, "no process to attack");
  if ((step.probe.kind == ProbeKind::hears || names(step, "{port}")) && !listener)
    return bad(where, "no server to attack");
  return {};
}

Result<Step> step_of(const Document& json, const std::string& scenario) {
  Step out{json.at("name"), json.at("what"), json.at("attack"), json.at("act"), {}, {}};
  const std::string where = scenario + ": " + out.name;
  if (!is_word(out.name)) return bad(where, "a step without a name");
  for (const Document& decoy : json.value("decoys", Document::array())) {
    auto one = decoy_of(decoy, where);
    if (!one) return std::unexpected(one.error());
    out.decoys.push_back(std::move(*one));
  }
  if (json.contains("probe")) {
    auto probe = probe_of(json.at("probe"), where);
    if (!probe) return std::unexpected(probe.error());
    out.probe = std::move(*probe);
  }
  if (auto good = check(out, where); !good) return std::unexpected(good.error());
  return out;
}

Result<Scenario> scenario_of(const Document& json) {
  Scenario out{json.at("name"), json.at("what"), {}};
  if (!is_word(out.name)) return bad(out.name, "a scenario without a name");
  std::set<std::string> known;
  for (const Document& one : json.at("steps")) {
    auto step = step_of(one, out.name);
    if (!step) return std::unexpected(step.error());
    if (!known.insert(step->name).second) return bad(out.name, "two steps of one name");
    out.steps.push_back(std::move(*step));
  }
  if (out.steps.empty()) return bad(out.name, "no steps");
  return out;
}

bool of_technique(const Step& step, const std::string& wanted) {
  return std::ranges::any_of(step.attack, [&](const std::string& one) {
    return one == wanted || one.starts_with(wanted + ".");
  });
}

Status all_known(const Scenarios& from, const std::vector<std::string>& names,
                 const std::vector<std::string>& techniques) {
  std::vector<std::string_view> known;
  for (const Scenario& one : from.all) known.push_back(one.name);
  for (const std::string& name : names) {
    if (std::ranges::find(known, name) != known.end()) continue;
    const auto near = closest(name, known);
    return fail(Exit::usage,
                fmt::format("there is no scenario `{}`{}", escape(name),
                            near ? fmt::format("; did you mean `{}`?", *near) : ""),
                "`glacis drill list` lists them all", "nothing was tried");
  }
  for (const std::string& one : techniques) {
    const bool any = std::ranges::any_of(from.all, [&](const Scenario& scenario) {
      return std::ranges::any_of(scenario.steps,
                                 [&](const Step& step) { return of_technique(step, one); });
    });
    if (!any)
      return fail(Exit::usage, fmt::format("no step plays the technique `{}`", escape(one)),
                  "`glacis drill list` has the techniques of each scenario", "nothing was tried");
  }
  return {};
}

}  // namespace

std::set<std::string> Scenario::techniques() const {
  std::set<std::string> out;
  for (const Step& step : steps) out.insert(step.attack.begin(), step.attack.end());
  return out;
}

Result<Scenarios> parse_scenarios(std::string_view text) {
  const Document json = Document::parse(text, nullptr, false);
  if (!json.is_object() || json.value("schema", "") != "glacis.drills/1")
    return bad("the file", "not of schema glacis.drills/1");
  try {
    Scenarios out{json.at("attack"), {}};
    std::set<std::string> known;
    for (const Document& one : json.at("scenarios")) {
      auto scenario = scenario_of(one);
      if (!scenario) return std::unexpected(scenario.error());
      if (!known.insert(scenario->name).second) return bad(scenario->name, "is there twice");
      out.all.push_back(std::move(*scenario));
    }
    return out;
  } catch (const Document::exception& error) {
    return bad("the file", error.what());
  }
}

Result<Scenarios> choose(const Scenarios& from, const std::vector<std::string>& names,
                         const std::vector<std::string>& techniques) {
  if (auto known = all_known(from, names, techniques); !known)
    return std::unexpected(known.error());
  if (names.empty() && techniques.empty()) return from;
  Scenarios out{from.attack, {}};
  for (const Scenario& one : from.all) {
    Scenario chosen{one.name, one.what, {}};
    const bool whole = std::ranges::find(names, one.name) != names.end();
    for (const Step& step : one.steps)
      if (whole || std::ranges::any_of(techniques, [&](const std::string& technique) {
            return of_technique(step, technique);
          }))
        chosen.steps.push_back(step);
    if (!chosen.steps.empty()) out.all.push_back(std::move(chosen));
  }
  return out;
}

}  // namespace glacis::drill
