// SPDX-License-Identifier: Apache-2.0
// glacis drill: plays an attack in a copy of a profile's domain, and says step by
// step what was refused, by what, and who heard of it.
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <random>

#include "manager/base/file.h"
#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/drill_domain.h"
#include "manager/cli/drill_run.h"
#include "manager/cli/scratch.h"
#include "manager/evidence/folder.h"
#include "manager/evidence/names.h"
#include "manager/evidence/segments.h"
#include "manager/evidence/store.h"
#include "manager/kernel/probe.h"

namespace glacis::cli {
namespace {

constexpr const char* kReports = "/var/lib/glacis/drills";

struct DrillArguments {
  std::string profile, from, report;
  std::vector<std::string> scenarios, techniques;
  bool notify = false;
  SearchOptions search;
};

std::string joined(const auto& list) {
  std::string out;
  for (const std::string& one : list) out += (out.empty() ? "" : ", ") + shown(one);
  return out;
}

Result<int> list(const Cli& cli) {
  const auto all = drill::parse_scenarios(drill::scenarios_text());
  if (!all) return std::unexpected(all.error());
  Json json = Json::array();
  for (const drill::Scenario& one : all->all) {
    Json steps = Json::array();
    for (const drill::Step& step : one.steps)
      steps.push_back({{"step", step.name}, {"what", step.what}, {"attack", step.attack}});
    json.push_back({{"scenario", one.name}, {"what", one.what}, {"steps", std::move(steps)}});
    if (cli.out.json) continue;
    cli.out.print("{:<18} {}\n", one.name, one.what);
    for (const drill::Step& step : one.steps)
      cli.out.print("  {:<20} {:<22} {}\n", step.name, joined(step.attack), step.what);
  }
  if (cli.out.json)
    cli.out.write_json(
        {{"schema", "glacis.drill_list/1"}, {"attack", all->attack}, {"scenarios", json}});
  return code(Exit::ok);
}

Paint paint_of(drill::Verdict verdict) {
  if (verdict == drill::Verdict::passed) return Paint::green;
  return verdict == drill::Verdict::granted ? Paint::red : Paint::yellow;
}

std::string told(const drill::Notice& notice, const std::string& owner) {
  if (notice.sinks.empty()) return "nobody told";
  return fmt::format("{} told by {} after {} ms", owner.empty() ? "the owner" : shown(owner),
                     joined(notice.sinks), notice.after_ms.value_or(0));
}

void print_step(const Output& out, const drill::Done& done, const std::string& owner) {
  const drill::Outcome& outcome = done.outcome;
  out.print("  {}  {:<20} {}\n",
            out.paint(paint_of(outcome.verdict), fmt::format("{:<9}", word(outcome.verdict))),
            done.step.name, done.step.what);
  if (!outcome.why.empty()) out.print("{:<13}{}\n", "", shown(outcome.why));
  for (const drill::Record& record : outcome.records)
    out.print("{:<13}{} refused by {}; record {}{}, {}; after {} ms; {}\n", "",
              joined(record.blockers), shown(record.rule), record.seq,
              record.repeated ? " (again)" : "", record.grade, outcome.recorded_ms.value_or(0),
              told(outcome.notice, owner));
}

// Random, so that no name of a decoy can be known before.
std::string new_id() {
  std::random_device source;
  return fmt::format("{:08x}{:08x}", source(), source());
}

Json about(const drill::Report& report, const drill::Scenarios& chosen) {
  Json names = Json::array();
  for (const drill::Scenario& one : chosen.all) names.push_back(one.name);
  return {{"by", "drill"},           {"drill", report.id},
          {"notify", report.notify}, {"profile", shown(report.profile)},
          {"scenarios", names},      {"uid", ::getuid()}};
}

void play_all(const Output& out, Player& player, const drill::Scenarios& chosen,
              drill::Report& report) {
  for (const drill::Scenario& scenario : chosen.all) {
    if (!out.json) out.print("{}: {}\n", scenario.name, scenario.what);
    drill::Played& played = report.scenarios.emplace_back();
    played.name = scenario.name;
    for (const drill::Step& step : scenario.steps) {
      drill::Outcome outcome;
      if (Stopping::asked())
        outcome.why = "the drill was asked to end";
      else
        outcome = player.play(step);
      played.steps.push_back({step, std::move(outcome)});
      if (!out.json) print_step(out, played.steps.back(), report.owner);
      (void)flush_output();  // a drill takes a while
    }
  }
}

// Everything that ends with this function is gone when it does, the domain last.
Result<drill::Report> play(const Output& out, const DrillArguments& arguments, const Copy& copy,
                           const drill::Scenarios& chosen, const fs::path& act,
                           kernel::Domain& domain, Json& by) {
  auto enforcer = kernel::Enforcer::open_or_create();
  if (!enforcer) return std::unexpected(enforcer.error());
  const evidence::Context context = evidence::here(0);
  drill::Report report;
  report.id = new_id();
  report.host = context.host;
  report.boot = context.origin.boot;
  report.log = log_id();
  report.started = evidence::time_text(context.now);
  report.profile = copy.profile;
  report.file = shown(copy.file);
  report.image = digest_text(copy.ready.digest);
  report.domain = copy.ready.name;
  report.owner = copy.owner;
  report.attack = chosen.attack;
  report.notify = arguments.notify;
  by = about(report, chosen);
  auto loaded = DrillDomain::load(out, *enforcer, copy, by);
  if (!loaded) return std::unexpected(loaded.error());
  domain = loaded->domain();
  report.in_force = loaded->in_force();
  {
    auto scratch = Scratch::make("glacis-drill");
    if (!scratch) return std::unexpected(scratch.error());
    auto player = Player::start(out, *enforcer, domain, {scratch->path().native(), report.id, act},
                                arguments.notify);
    if (!player) return std::unexpected(player.error());
    play_all(out, *player, chosen, report);
  }
  if (auto ended = loaded->end(); !ended) return std::unexpected(ended.error());
  return report;
}

Result<fs::path> keep(const DrillArguments& arguments, const drill::Report& report,
                      const std::string& bytes) {
  if (arguments.report.empty())
    if (auto made = evidence::make_folder(kReports); !made) return std::unexpected(made.error());
  const fs::path file = arguments.report.empty() ? fs::path(kReports) / (report.id + ".json")
                                                 : fs::path(arguments.report);
  if (auto written = write_file(file, bytes, 0600); !written)
    return std::unexpected(written.error());
  return file;
}

int exit_code(const drill::Counts& counts) {
  if (counts.granted > 0) return code(Exit::findings);
  return code(counts.not_tried > 0 || counts.passed == 0 ? Exit::partial : Exit::ok);
}

Result<int> run(const Cli& cli, const DrillArguments& arguments) {
  const auto all = drill::parse_scenarios(drill::scenarios_text());
  if (!all) return std::unexpected(all.error());
  const auto chosen = drill::choose(*all, arguments.scenarios, arguments.techniques);
  if (!chosen) return std::unexpected(chosen.error());
  if (auto root = need_root("drill run"); !root) return std::unexpected(root.error());
  const auto copy =
      copy_of(cli.out, arguments.profile, arguments.notify, arguments.search.load_options());
  if (!copy) return std::unexpected(copy.error());
  const fs::path act =
      (arguments.from.empty() ? selftest_folder() : fs::path(arguments.from)) / "glacis-act";
  if (auto good = check_program(act); !good) return std::unexpected(good.error());
  if (auto able = kernel::precheck(); !able) return std::unexpected(able.error());
  const auto lock = lock_drills();
  if (!lock) return std::unexpected(lock.error());
  for (const std::string& left : sweep(*all))
    cli.out.say("{}: left by a drill that was ended, and removed now\n", shown(left));
  const Stopping stopping;
  kernel::Domain domain;
  Json by;
  const auto report = play(cli.out, arguments, *copy, *chosen, act, domain, by);
  if (!report) return std::unexpected(report.error());
  const auto bytes = close_report(cli.out, *report, domain, by);
  if (!bytes) return std::unexpected(bytes.error());
  const auto file = keep(arguments, *report, *bytes);
  if (!file) return std::unexpected(file.error());
  const drill::Counts counts = report->counts();
  if (cli.out.json) {
    cli.out.write(*bytes);
  } else {
    if (report->in_force != "same")
      cli.out.say("under the name {}, {} is in force\n", shown(report->profile),
                  report->in_force == "another" ? "another image" : "nothing");
    cli.out.print("{} passed, {} granted, {} not tried; report {}\n", counts.passed, counts.granted,
                  counts.not_tried, shown(file->native()));
  }
  return exit_code(counts);
}

struct VerifyArguments {
  std::string file, log;
  std::vector<std::string> keys;
};

Result<std::vector<evidence::PublicKey>> read_keys(const std::vector<std::string>& files) {
  std::vector<evidence::PublicKey> out;
  for (const std::string& file : files) {
    const auto text = read_file(file, 64u << 10);
    if (!text) return std::unexpected(text.error());
    const std::size_t before = out.size();
    for (std::size_t at = 0; at < text->size();) {
      const std::size_t end = std::min(text->find('\n', at), text->size());
      if (const auto key = evidence::parse_key(std::string_view(*text).substr(at, end - at)))
        out.push_back(*key);
      at = end + 1;
    }
    if (out.size() == before)
      return fail(Exit::usage, fmt::format("there is no key in {}", shown(file)));
  }
  return out;
}

Result<int> verify(const Cli& cli, const VerifyArguments& arguments) {
  const auto text = read_file(arguments.file, drill::largest_report);
  if (!text) return std::unexpected(text.error());
  const auto parsed = drill::parse_signed(*text);
  if (!parsed) return std::unexpected(parsed.error());
  const auto keys = read_keys(arguments.keys);
  if (!keys) return std::unexpected(keys.error());
  // Elsewhere than on its host a report is checked with a key that was brought.
  std::string log = arguments.log;
  if (log.empty() && keys->empty()) log = evidence::log_path;
  const auto verified = drill::verify_report(*parsed, *keys, log);
  if (!verified) return std::unexpected(verified.error());
  const drill::Canonical& report = parsed->report;
  if (cli.out.json) {
    Json json = {{"schema", "glacis.drill_verify/1"}, {"ok", verified->good()},
                 {"signature", verified->signature},  {"key_known_from", verified->trust},
                 {"problem", verified->problem},      {"drill", report.value("drill", "")}};
    json["in_log"] = verified->in_log ? Json(*verified->in_log) : Json();
    cli.out.write_json(json);
  } else if (verified->good()) {
    cli.out.print("drill {}: as it was signed; the key is known from {}{}\n",
                  shown(report.value("drill", "")), verified->trust,
                  verified->in_log ? ", and the log has its end" : "");
  } else {
    cli.out.print("{}: {}\n", shown(arguments.file), shown(verified->problem));
  }
  return code(verified->good() ? Exit::ok : Exit::findings);
}

void add_play(Command parent, Cli& cli) {
  const auto arguments = std::make_shared<DrillArguments>();
  Command command = parent.add_command("run", "Play attacks in a copy of a profile's domain");
  command.add_option("PROFILE", arguments->profile, "A profile's file, or its installed name")
      .required();
  const auto many = [&](const char* name, auto& to, const char* help, const char* type) {
    command.add_option(name, to, help).type_name(type).repeatable();
  };
  many("-s,--scenario", arguments->scenarios, "Only this one", "NAME");
  many("-t,--technique", arguments->techniques, "Only steps of this technique", "Txxxx");
  command.add_flag("--notify", arguments->notify, "Owners are told, of a drill");
  command.add_option("--report", arguments->report, "Keep the signed report here")
      .type_name("FILE");
  command.add_option("--from", arguments->from, "Where glacis-act is").type_name("FOLDER");
  arguments->search.add_to(command);
  command.footer(
      "Each step is first made without the profile, where it must succeed, on decoys.\n"
      "Then it is made in the domain NAME@drill, which ends with the drill.\n"
      "Exit status 0: every step was refused by the profile; 1: one was granted; 6: none\n"
      "was granted, but one could not be tried.");
  command.act(cli, [&cli, arguments] { return run(cli, *arguments); });
}

void add_verify_report(Command parent, Cli& cli) {
  const auto arguments = std::make_shared<VerifyArguments>();
  Command command = parent.add_command("verify", "Check the signature of a report");
  command.add_option("REPORT", arguments->file, "The report of a drill").required();
  command.add_option("--file", arguments->log, "With the keys that this log names")
      .type_name("FILE");
  command.add_option("--key", arguments->keys, "Trust the key in FILE, and no other")
      .type_name("FILE");
  command.footer(
      "The log that is looked into must have the end of the drill. Exit status 1: the\n"
      "report is not what was signed.");
  command.act(cli, [&cli, arguments] { return verify(cli, *arguments); });
}

}  // namespace

void add_drill(Command app, Cli& cli) {
  Command command = app.add_command("drill", "Play an attack in a copy of a profile's domain");
  command.needs_command();
  Command lists = command.add_command("list", "Show the attacks and their techniques");
  lists.act(cli, [&cli] { return list(cli); });
  add_play(command, cli);
  add_verify_report(command, cli);
}

}  // namespace glacis::cli
