// SPDX-License-Identifier: Apache-2.0
// glacis why: what decided a refusal, the smallest change of the profile that would
// allow it, and what else that change would allow.
#include "manager/learn/why.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/evidence_log.h"
#include "manager/cli/learned.h"
#include "manager/cli/watch.h"
#include "manager/cli/why_call.h"
#include "manager/evidence/fields.h"
#include "manager/evidence/phrases.h"
#include "manager/image/describe.h"
#include "manager/image/nearest.h"
#include "manager/learn/tree.h"
#include "manager/profile/validate.h"
#include "manager/sim/event.h"

namespace glacis::cli {
namespace {

using evidence::member;
using evidence::text_of;

struct WhyArguments {
  std::string record;
  std::string profile;
  std::string log;
  SearchOptions search;
};

struct Told {
  const Json& record;
  const Compiled& compiled;  // the profile as it is now
  const Learned& learned;
  const learn::Why& why;

  [[nodiscard]] bool same_image() const {
    return text_of(record, "image") == digest_text(compiled.image.digest);
  }
  [[nodiscard]] bool grants(std::uint32_t id) const {
    const auto at = std::ranges::find(compiled.profile.rules, id, &profile::Rule::id);
    if (at == compiled.profile.rules.end()) return false;
    const auto* path = std::get_if<profile::PathRule>(&at->body);
    return path == nullptr || !path->deny;
  }
  [[nodiscard]] const image::SourceRule* nearest() const {
    const image::SourceMap& map = compiled.image.source_map;
    for (const sim::Request& asked : why.asked)
      if (const auto* file = std::get_if<sim::FileRequest>(&asked); file && !file->path.empty())
        if (const auto id = image::nearest(map, file->path, file->access); id && grants(*id))
          return map.find(*id);
    return nullptr;
  }
};

// Names in a log are input like any other: no path is made of what is no name.
Result<fs::path> profile_of(const Json& record, const WhyArguments& arguments) {
  if (!arguments.profile.empty()) return fs::path(arguments.profile);
  const auto name = text_of(record, "domain");
  if (text_of(evidence::member(record, "rule"), "reason") == "guard")
    return fail(
        Exit::usage,
        fmt::format("record {} is of the guard, which refuses this to everybody; no profile "
                    "can allow it",
                    arguments.record),
        "see the section on the guard in glacis(1)");
  if (name && profile::is_profile_name(*name)) {
    const fs::path path = profile_path(*name);
    std::error_code unknown;
    if (fs::exists(path, unknown) || unknown) return path;
    return fail(Exit::usage, fmt::format("the profile `{}` is not installed", *name),
                "say where it is with --profile FILE");
  }
  return fail(Exit::usage, fmt::format("record {} names no profile", arguments.record),
              "say which with --profile FILE");
}

Status check_record(const Json& record, const std::string& number) {
  if (text_of(record, "schema") == evidence::event_schema) return {};
  return fail(Exit::usage, fmt::format("record {} was not understood when it was made", number),
              fmt::format("glacis evidence show {}", number));
}

std::string shown_event(const sim::Request& request) { return shown(sim::to_text(request)); }

// A denial that is narrowed to nothing opens what else it refuses.
learn::Admitted refused_by(const learn::Denial& denial, const Told& told) {
  const auto* path = std::get_if<profile::PathRule>(&denial.body);
  if (path == nullptr) return {};
  std::unordered_set<std::string> asked;
  for (const sim::Request& one : told.why.asked)
    if (const auto* file = std::get_if<sim::FileRequest>(&one)) asked.insert(file->path);
  return learn::measure(path->glob, asked, learn::DiskTree());
}

Json denials_json(const Told& told) {
  Json out = Json::array();
  for (const learn::Denial& one : told.why.denials) {
    const learn::Admitted others = refused_by(one, told);
    Json samples = Json::array();
    for (const std::string& sample : others.samples) samples.push_back(escape(sample));
    out.push_back({{"place", one.place},
                   {"text", shown(image::describe(one.body))},
                   {"other_files", others.files},
                   {"more", others.more},
                   {"samples", std::move(samples)}});
  }
  return out;
}

Json events_json(const std::vector<sim::Request>& requests) {
  Json out = Json::array();
  for (const sim::Request& one : requests) out.push_back(shown_event(one));
  return out;
}

std::string_view outcome(const learn::Why& why) {
  if (why.allowed) return "allowed_now";
  return why.impossible.empty() ? "change" : "impossible";
}

Json to_json(const Told& told) {
  Json out = {{"schema", "glacis.why/1"}};
  for (const char* key : {"seq", "time", "domain", "verdict", "mode", "hook", "blockers", "subject",
                          "object", "rule", "image"})
    out[key] = member(told.record, key);
  out["profile"] = {{"file", shown(told.learned.profile().native())},
                    {"image", digest_text(told.compiled.image.digest)},
                    {"same", told.same_image()}};
  out["events"] = events_json(told.why.asked);
  if (const image::SourceRule* near = told.nearest())
    out["nearest"] = {
        {"file", shown(near->file)}, {"line", near->line}, {"text", shown(near->text)}};
  out["outcome"] = outcome(told.why);
  if (!told.why.impossible.empty()) out["reason"] = shown(told.why.impossible);
  if (outcome(told.why) != "change") return out;
  Json& change = out["change"] = Json::object();
  change["file"] = told.why.drop_in.empty() ? Json() : Json(shown(told.learned.drop_in().native()));
  change["text"] = told.why.drop_in;
  change["narrow"] = denials_json(told);
  out["differences"] = Json::parse(profile::diff_json(told.why.differences))["differences"];
  out["also"] = events_json(told.why.also);
  return out;
}

void print_row(const Output& out, const char* name, const std::string& text) {
  out.print("  {:<10} {}\n", name, text);
}

std::string decided_by(const Json& rule) {
  const std::string place = evidence::place_phrase(rule);
  if (place.empty()) return evidence::rule_phrase(rule);
  return fmt::format("{}:{} ({})  {}", place, evidence::shown(rule, "column"),
                     evidence::shown(rule, "reason"), evidence::shown(rule, "text"));
}

void print_refusal(const Output& out, const Told& told) {
  const Json& record = told.record;
  const Json& subject = member(record, "subject");
  out.print("record {}: {} {}: {}\n", evidence::shown(record, "seq"),
            evidence::shown_list(record, "blockers", " "),
            evidence::object_phrase(member(record, "object")), evidence::shown(record, "verdict"));
  print_row(out, "by",
            fmt::format("{} (pid {}), {}, in {}", evidence::shown(subject, "comm"),
                        evidence::shown(subject, "tgid"), evidence::path_phrase(subject, "exe"),
                        evidence::shown(record, "domain")));
  print_row(
      out, "hook",
      fmt::format("{}, mode {}", evidence::shown(record, "hook"), evidence::shown(record, "mode")));
  print_row(out, "decided by", decided_by(member(record, "rule")));
  if (const image::SourceRule* near = told.nearest())
    print_row(out, "nearest",
              fmt::format("{}:{}  {}", shown(near->file), near->line, shown(near->text)));
  if (!told.same_image())
    print_row(
        out, "profile",
        fmt::format("{} is not what was in force then: image {}, recorded {}",
                    shown(told.learned.profile().native()),
                    short_digest(told.compiled.image.digest), evidence::shown(record, "image")));
}

void print_narrow(const Output& out, const Told& told) {
  for (const learn::Denial& one : told.why.denials) {
    out.print("remove or narrow {}  {}\n  a denial wins over every grant; tried without it\n",
              one.place, shown(image::describe(one.body)));
    const learn::Admitted others = refused_by(one, told);
    if (others.files == 0) continue;
    std::string samples;
    for (const std::string& sample : others.samples) samples += " " + escape(sample);
    out.print("  of the files that exist it also speaks of {}{}:{}\n",
              others.more ? "at least " : "", others.files, samples);
  }
}

void print_change(const Output& out, const Told& told) {
  print_narrow(out, told);
  if (!told.why.drop_in.empty() && !told.why.denials.empty())
    out.print("only then, since beside the denial a grant has no effect:\n");
  if (!told.why.drop_in.empty())
    out.print("add {}\n\n{}\n", shown(told.learned.drop_in().native()), told.why.drop_in);
  for (const sim::Request& one : told.why.asked)
    out.print("then the core allows: {}\n", shown_event(one));
  out.print("what changes, for every program of the domain:\n{}",
            profile::diff_text(told.why.differences));
  for (const sim::Request& one : told.why.also) out.print("also: {}\n", shown_event(one));
}

Result<int> tell(const Cli& cli, const Told& told) {
  const std::string_view which = outcome(told.why);
  if (cli.out.json) {
    cli.out.write_json(to_json(told));
  } else {
    print_refusal(cli.out, told);
    if (which == "allowed_now")
      cli.out.print("the profile as it is now allows it; `glacis load {}` puts it in force\n",
                    shown(told.learned.profile().native()));
    else if (which == "impossible")
      cli.out.print("no change of the profile allows it: {}\n", shown(told.why.impossible));
    else
      print_change(cli.out, told);
  }
  return code(which == "impossible" ? Exit::findings : Exit::ok);
}

Result<int> run_why(const Cli& cli, const WhyArguments& arguments) {
  const auto entry = open_record(cli.out, arguments.log, arguments.record);
  if (!entry) return std::unexpected(entry.error());
  const Json& record = entry->record;
  if (auto good = check_record(record, arguments.record); !good)
    return std::unexpected(good.error());
  const auto path = profile_of(record, arguments);
  if (!path) return std::unexpected(path.error());
  profile::LoadOptions options = arguments.search.load_options();
  options.lint = false;
  const auto compiled = compile(cli.out, *path, options);
  if (!compiled) return std::unexpected(compiled.error());
  const auto domain = text_of(record, "domain");
  if (domain && *domain != compiled->profile.name)
    return fail(Exit::usage,
                fmt::format("record {} is of `{}`, and the profile is `{}`", arguments.record,
                            shown(*domain), shown(compiled->profile.name)),
                "glacis evidence list");
  const Learned learned(*path, options, fmt::format("70-record-{}.toml", arguments.record));
  if (is_of_other(record)) return tell_other(cli.out, record, *compiled, learned);
  Output silent = cli.out;  // what the compiler says of a trial is told as its result
  silent.quiet = true;
  const auto why = learn::why(record, compiled->profile,
                              [&](const std::string& text) { return learned.load(silent, &text); });
  if (!why) return std::unexpected(why.error());
  return tell(cli, {record, *compiled, learned, *why});
}

}  // namespace

void add_why(Command app, Cli& cli) {
  const auto arguments = std::make_shared<WhyArguments>();
  Command command = app.add_command("why", "Say what decided a refusal, and what would allow it");
  command.add_option("RECORD", arguments->record, "The record's number").required();
  command.add_option("--profile", arguments->profile, "Not the one in /etc/glacis/profiles")
      .type_name("FILE");
  command.add_option("--log", arguments->log, "Read this log").type_name("FILE");
  arguments->search.add_to(command);
  command.footer(
      "Nothing is written: the change is tried in memory, by the compiler and the core.\n"
      "Exit status: 0 told, 1 no change of the profile allows it, 2 invalid.");
  command.act(cli, [&cli, arguments] { return run_why(cli, *arguments); });
}

}  // namespace glacis::cli
