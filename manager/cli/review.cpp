// SPDX-License-Identifier: Apache-2.0
// glacis review: from a recording to the drop-in 50-learned.toml.
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "manager/cli/author.h"
#include "manager/cli/calls.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/learned.h"
#include "manager/cli/review_except.h"
#include "manager/cli/review_keys.h"
#include "manager/cli/review_unused.h"
#include "manager/cli/watch.h"
#include "manager/image/describe.h"
#include "manager/learn/drop_in.h"
#include "manager/learn/tree.h"
#include "manager/profile/validate.h"
#include "manager/sim/event.h"

namespace glacis::cli {
namespace {

struct ReviewArguments {
  std::string name;
  std::string profile;
  bool batch = false;
  bool accept_all = false;
  bool calls = false;
  bool observed_only = false;
  std::string trace;
  std::optional<unsigned> unused;  // days
  std::optional<std::uint64_t> except;
  Exception exception;
  SearchOptions search;
};

Json evidence_json(const learn::Evidence& of) {
  return {{"behaviours", of.behaviours},
          {"count", of.count},
          {"runs", of.runs},
          {"first", learn::time_text(of.first)},
          {"last", learn::time_text(of.last)}};
}

Json texts(const std::vector<std::string>& of) {
  Json out = Json::array();
  for (const std::string& one : of) out.push_back(escape(one));
  return out;
}

Json to_json(const learn::Item& item) {
  Json out = {{"rule", escape(image::describe(item.body))},
              {"evidence", evidence_json(item.evidence)}};
  if (item.why.empty()) return out;
  out["inferred"] = escape(item.why);
  out["from"] = texts(item.samples);
  out["beyond"] = {{"files", item.beyond.files},
                   {"more", item.beyond.more},
                   {"samples", texts(item.beyond.samples)}};
  return out;
}

Json events_json(const learn::Recording& recording, const std::vector<std::size_t>& which) {
  Json out = Json::array();
  for (const std::size_t i : which)
    out.push_back(escape(sim::to_text(recording.behaviours[i].request)));
  return out;
}

Json to_json(const learn::Recording& recording, const learn::Proposal& of) {
  Json folds = Json::array(), items = Json::array(), suspects = Json::array();
  for (const learn::Fold& fold : of.folds)
    folds.push_back({{"include", fold.name},
                     {"rules_used", fold.used},
                     {"rules", fold.rules},
                     {"evidence", evidence_json(fold.evidence)}});
  for (const learn::Item& item : of.items) items.push_back(to_json(item));
  for (const learn::Suspect& one : of.suspects)
    suspects.push_back(
        {{"event", escape(sim::to_text(recording.behaviours[one.behaviour].request))},
         {"exe", escape(recording.behaviours[one.behaviour].exe)},
         {"what", one.pattern->what},
         {"technique", one.pattern->id}});
  return {{"schema", "glacis.review/1"},
          {"profile", escape(recording.name)},
          {"complete", !learn::incomplete(recording)},
          {"granted_already", of.granted},
          {"includes", std::move(folds)},
          {"proposals", std::move(items)},
          {"suspicious", std::move(suspects)},
          {"denied_by_profile", events_json(recording, of.denied)},
          {"no_rule_for", events_json(recording, of.impossible)}};
}

// What is not proposed is said on stderr, whatever else is asked for.
void tell_left_out(const Output& out, const learn::Recording& recording,
                   const learn::Proposal& of) {
  for (const learn::Suspect& one : of.suspects) {
    const learn::Behaviour& behaviour = recording.behaviours[one.behaviour];
    out.tell(fmt::format("{} ({}): {}, by {}\n", out.paint(Paint::red, "suspicious"),
                         one.pattern->id, escape(sim::to_text(behaviour.request)),
                         escape(behaviour.exe)));
    out.tell(fmt::format("    {}: not proposed; grant it by hand if the program needs it\n",
                         one.pattern->what));
  }
  for (const std::size_t i : of.denied)
    out.say("denied by the profile: {}\n", escape(sim::to_text(recording.behaviours[i].request)));
  for (const std::size_t i : of.impossible)
    out.say("no rule could grant: {}\n", escape(sim::to_text(recording.behaviours[i].request)));
  if (learn::incomplete(recording))
    out.tell("incomplete: records were lost; what they would have told is not granted\n");
}

void print(const Output& out, const learn::Proposal& of) {
  for (const learn::Fold& fold : of.folds)
    out.print("include {}\n    covers {}, by {} of its {}\n", fold.name,
              counted(fold.evidence.behaviours, "behaviour"), fold.used,
              counted(fold.rules, "rule"));
  for (const learn::Item& item : of.items) out.print("{}", item_text(item));
}

// The programs' own code is looked at only where it is asked for: a list of
// calls refuses all others.
Result<learn::CallList> calls_of(const ReviewArguments& arguments,
                                 const learn::Recording& recording) {
  learn::CallList out;
  if (!arguments.trace.empty())
    if (auto done = add_trace(out, arguments.trace); !done) return std::unexpected(done.error());
  if (!arguments.calls || arguments.observed_only) return out;
  const auto root = elf::Root::open("/");
  if (!root) return std::unexpected(root.error());
  for (const std::string& path : learn::programs_of(recording))
    learn::add_program(out, *root, path);
  return out;
}

// What a review is about, once it is known.
struct Found {
  const learn::Recording& recording;
  const learn::Proposal& proposal;
  const learn::CallList& calls;

  [[nodiscard]] Json json() const {
    Json out = to_json(recording, proposal);
    if (!calls.calls.empty() || !calls.unresolved.empty())
      out["system_calls"] = cli::to_json(calls);
    return out;
  }
  [[nodiscard]] bool clean() const {
    return proposal.suspects.empty() && !learn::incomplete(recording) && calls.unresolved.empty();
  }
};

void print(const Output& out, const learn::CallList& list) {
  for (const learn::Call& one : list.calls)
    out.print("system call {}\n    {}\n", one.name, provenance(one));
}

Result<int> write(const Cli& cli, const Learned& learned, const Found& found,
                  const std::vector<learn::Item>& items) {
  const auto& [recording, of, calls] = found;
  const std::string text =
      learn::drop_in_text(recording.name, recording, of.folds, items) + learn::calls_toml(calls);
  if (auto good = learned.check(cli.out, text, recording, items); !good)
    return std::unexpected(good.error());
  if (auto done = learned.write(text); !done) return std::unexpected(done.error());
  if (cli.out.json) {
    Json out = found.json();
    out["written"] = shown(learned.drop_in().native());
    cli.out.write_json(out);
  } else {
    cli.out.print("{}: written, {} and {}{}\n", shown(learned.drop_in().native()),
                  counted(items.size(), "rule"), counted(of.folds.size(), "include"),
                  calls.calls.empty()
                      ? ""
                      : fmt::format(", {}, {} of them observed",
                                    counted(calls.calls.size(), "system call"), calls.observed()));
  }
  return code(found.clean() ? Exit::ok : Exit::findings);
}

// Needs no recording.
Result<int> except(const Cli& cli, const ReviewArguments& arguments) {
  if (arguments.exception.until.empty() || arguments.exception.reason.empty())
    return fail(Exit::usage, "an exception needs a day and a reason",
                "--until 2027-06-30 --reason TEXT", "nothing was written");
  if (!profile::is_profile_name(arguments.name))
    return fail(Exit::usage, fmt::format("`{}` cannot be a profile's name", shown(arguments.name)));
  Exception wanted = arguments.exception;
  wanted.record = *arguments.except;
  return add_exception(
      cli.out, arguments.name,
      arguments.profile.empty() ? profile_path(arguments.name) : fs::path(arguments.profile),
      arguments.search.load_options(), wanted);
}

Result<int> review(const Cli& cli, const ReviewArguments& arguments) {
  if (arguments.except) return except(cli, arguments);
  const auto recording = open_recording(cli.out, arguments.name);
  if (!recording) return std::unexpected(recording.error());
  const Learned learned(
      arguments.profile.empty() ? profile_path(recording->name) : fs::path(arguments.profile),
      arguments.search.load_options());
  profile::ResolvedProfile own;
  const auto given = learned.given(cli.out, own);
  if (!given) return std::unexpected(given.error());
  if (own.name != recording->name)
    return fail(Exit::usage,
                fmt::format("the recording is of `{}`, and the profile is `{}`",
                            shown(recording->name), shown(own.name)),
                {}, "nothing was written");
  if (arguments.unused)
    return tell_unused(cli.out, *recording, learned.profile(), arguments.search.load_options(),
                       *arguments.unused);
  const auto proposal = learn::propose(*recording, *given, learn::DiskTree());
  if (!proposal) return std::unexpected(proposal.error());
  const auto calls = calls_of(arguments, *recording);
  if (!calls) return std::unexpected(calls.error());
  const Found found{*recording, *proposal, *calls};
  tell_left_out(cli.out, *recording, *proposal);
  tell_unresolved(cli.out, *calls);
  if (arguments.accept_all) return write(cli, learned, found, proposal->items);
  if (arguments.batch) {
    if (cli.out.json) {
      cli.out.write_json(found.json());
    } else {
      print(cli.out, *proposal);
      print(cli.out, *calls);
    }
    const bool nothing =
        proposal->items.empty() && proposal->folds.empty() && found.clean() && calls->calls.empty();
    return code(nothing ? Exit::ok : Exit::findings);
  }
  if (::isatty(STDIN_FILENO) == 0)
    return fail(Exit::usage, "a review by keyboard needs a terminal", "use --batch or --accept-all",
                "nothing was written");
  const auto accepted = ask(cli.out, *recording, proposal->items, terminal_keys());
  if (!accepted) return fail(Exit::findings, "the review was left", {}, "nothing was written");
  return write(cli, learned, found, *accepted);
}

void add_except(Command command, ReviewArguments& arguments) {
  command.add_option("--except", arguments.except, "Call a refusal benign, for a time")
      .type_name("RECORD");
  Exception& of = arguments.exception;
  command.add_option("--until", of.until, "The exception's last day: 2027-06-30").type_name("DAY");
  command.add_option("--reason", of.reason, "Why it is harmless").type_name("TEXT");
  command.add_option("--owner", of.owner, "Who answers for it; you, if not given").type_name("WHO");
  command.add_option("--log", of.log, "Read this log").type_name("FILE");
}

}  // namespace

void add_review(Command app, Cli& cli) {
  const auto arguments = std::make_shared<ReviewArguments>();
  Command command =
      app.add_command("review", "Turn what was recorded into rules, with their evidence");
  command.add_option("NAME", arguments->name, "Profile, or an exported recording").required();
  command.add_flag("--batch", arguments->batch, "Only show the proposals; 1 if there are any");
  command.add_flag("--accept-all", arguments->accept_all,
                   "Write them all, but for what looks like an attack");
  command.add_option("--profile", arguments->profile, "Not the one in /etc/glacis/profiles")
      .type_name("FILE");
  command.add_flag("--calls", arguments->calls,
                   "Propose a list of system calls: what the programs' code may make");
  command.add_option("--trace", arguments->trace, "Output of strace: calls that were observed")
      .type_name("FILE");
  command.add_flag("--observed-only", arguments->observed_only,
                   "Of the calls, only those of --trace");
  command.add_option("--unused", arguments->unused, "List grants that nothing needed for DAYS")
      .type_name("DAYS")
      .within(1, 36'500);
  add_except(command, *arguments);
  arguments->search.add_to(command);
  command.footer(
      "Written is PROFILE.toml.d/50-learned.toml alone, after the compiler accepted it.\n"
      "Exit status: 0 done, 1 something is suspicious, incomplete or open to review.");
  command.act(cli, [&cli, arguments] { return review(cli, *arguments); });
}

}  // namespace glacis::cli
