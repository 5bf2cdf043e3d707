// SPDX-License-Identifier: Apache-2.0
// glacis candidate: what another profile would decide of the work that goes on, while
// the one in force decides.
#include "manager/learn/candidate.h"

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/cli/answer.h"
#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/decisions.h"
#include "manager/cli/host.h"
#include "manager/evidence/fields.h"
#include "manager/sim/event.h"

namespace glacis::cli {
namespace {

using learn::Change;

struct CandidateArguments {
  std::string file;
  std::string lasting;
  SearchOptions search;
};

struct FoundCandidate {
  Change change = Change::none;
  Answer answer;
  std::string exe;
  std::string time;  // of the first
  std::uint64_t count = 0;
};

std::string_view word(Change change) {
  return change == Change::refused ? "newly_refused" : "newly_allowed";
}

class Comparison {
 public:
  Comparison(const Output& out, const Policy& policy, const learn::Matcher& matcher)
      : out_(out), policy_(policy), matcher_(matcher) {}

  void take(const evidence::Event& event, const Json& record) {
    const bool allowed = event.verdict.decision == GL_ALLOW;
    const auto compared = learn::compare(record, allowed, matcher_, policy_.name);
    if (compared.change == Change::incomparable) ++incomparable_[compared.why];
    if (compared.change != Change::refused && compared.change != Change::allowed) return;
    for (const sim::Request& request : compared.requests) {
      Answer answered = answer(policy_, request);
      if (answered.allow != (compared.change == Change::allowed)) continue;
      keep(compared.change, std::move(answered), record);
    }
  }

  [[nodiscard]] std::size_t number(Change change) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        found_, [&](const auto& one) { return one.second.change == change; }));
  }

  [[nodiscard]] Json to_json(const Followed& followed, std::chrono::seconds lasted) const {
    Json changes = Json::array();
    for (const auto& [key, found] : found_) {
      Json one = cli::to_json(policy_, found.answer);
      one["change"] = word(found.change);
      one["exe"] = found.exe;
      one["first"] = found.time;
      one["decisions"] = found.count;
      changes.push_back(std::move(one));
    }
    Json unknown = Json::array();
    for (const auto& [why, count] : incomparable_)
      unknown.push_back({{"why", why}, {"decisions", count}});
    return {{"schema", "glacis.candidate/1"},
            {"profile", shown(policy_.name)},
            {"candidate", digest_text(policy_.view.digest())},
            {"seconds", lasted.count()},
            {"decisions", followed.decisions},
            {"not_seen", followed.lost},
            {"loaded_meanwhile", followed.renewed},
            {"newly_refused", number(Change::refused)},
            {"newly_allowed", number(Change::allowed)},
            {"changes", std::move(changes)},
            {"not_compared", std::move(unknown)}};
  }

  void print_end(const Followed& followed) const {
    for (const auto& [why, count] : incomparable_)
      out_.say("not compared: {} ({})\n", shown(why), counted(count, "decision"));
    if (followed.renewed != 0)
      out_.say(
          "the profile was loaded anew meanwhile: what was decided in the second after it may "
          "be missing\n");
    if (followed.lost != 0)
      out_.say("warning: {} found no room and were not asked\n",
               counted(followed.lost, "decision"));
    out_.print("{}: {}, {} newly refused, {} newly allowed\n", shown(policy_.name),
               counted(followed.decisions, "distinct decision"), number(Change::refused),
               number(Change::allowed));
  }

 private:
  void keep(Change change, Answer answered, const Json& record) {
    FoundCandidate& found = found_[answered.event];
    if (found.count++ != 0) return;
    found.change = change;
    found.exe = evidence::text_of(evidence::member(record, "subject"), "exe").value_or("");
    found.time = evidence::text_of(record, "time").value_or("");
    found.answer = std::move(answered);
    if (out_.json) return;
    out_.print("newly {}, {} of {}\n", change == Change::refused ? "refused" : "allowed",
               shown(found.time), found.exe.empty() ? "a program without a path" : found.exe);
    cli::print(out_, policy_, found.answer);
    (void)flush_output();
  }

  const Output& out_;
  const Policy& policy_;
  const learn::Matcher& matcher_;
  std::map<std::string, FoundCandidate> found_;  // by the request, in words
  std::map<std::string, std::uint64_t> incomparable_;
};

Status is_in_force(const std::string& name) {
  const auto enforcer = open_enforcer();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (const auto found = enforcer->find(name); !found) return std::unexpected(found.error());
  return {};
}

Result<int> run_candidate(const Cli& cli, const CandidateArguments& arguments) {
  if (auto root = need_root("candidate"); !root) return std::unexpected(root.error());
  const auto lasting = parse_lasting(arguments.lasting);
  if (!lasting) return std::unexpected(lasting.error());
  const auto policy = open_policy(cli.out, arguments.file, arguments.search.load_options());
  if (!policy) return std::unexpected(policy.error());
  if (policy->name.empty())
    return fail(Exit::usage, "an image without its source map does not say whose candidate it is",
                "give the profile");
  if (auto loaded = is_in_force(policy->name); !loaded) return std::unexpected(loaded.error());
  const auto matcher = learn::Matcher::of(policy->view, policy->name);
  if (!matcher) return std::unexpected(matcher.error());
  auto watch = watch_until_told(policy->name, HookSet(policy->view.header().hooks));
  if (!watch) return std::unexpected(watch.error());
  cli.out.say("{}: what is in force decides; {} is asked beside it{}\n", shown(policy->name),
              shown(arguments.file), *lasting ? "" : ", until Ctrl-C");
  Comparison comparison(cli.out, *policy, *matcher);
  const auto begin = std::chrono::steady_clock::now();
  const auto followed = follow(*watch, *lasting, [&](const auto& event, const Json& record) {
    comparison.take(event, record);
  });
  if (!followed) return std::unexpected(followed.error());
  const auto lasted =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
  if (cli.out.json)
    cli.out.write_json(comparison.to_json(*followed, lasted));
  else
    comparison.print_end(*followed);
  if (comparison.number(Change::refused) != 0) return code(Exit::findings);
  return code(followed->lost != 0 ? Exit::partial : Exit::ok);
}

}  // namespace

void add_candidate(Command app, Cli& cli) {
  const auto arguments = std::make_shared<CandidateArguments>();
  Command command =
      app.add_command("candidate", "Ask a changed profile about live work, while the old decides");
  command.add_option("FILE", arguments->file, "The changed profile, or its image").required();
  command.add_option("--for", arguments->lasting, "End after this time (default: at Ctrl-C)")
      .type_name("TIME");
  arguments->search.add_to(command);
  command.act(cli, [arguments, &cli] { return run_candidate(cli, *arguments); });
}

}  // namespace glacis::cli
