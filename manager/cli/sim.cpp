// SPDX-License-Identifier: Apache-2.0
// glacis sim: what a policy would answer, decided by the same core as in the
// kernel.
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/cli/answer.h"
#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/policy.h"
#include "manager/cli/watch.h"
#include "manager/learn/replay.h"
#include "manager/sim/event.h"

namespace glacis::cli {
namespace {

struct SimArguments {
  std::string file;
  std::vector<std::string> events;
  std::string recording;
  SearchOptions search;
};

Result<int> simulate(const Cli& cli, const SimArguments& arguments) {
  profile::LoadOptions options = arguments.search.load_options();
  options.lint = false;
  std::vector<sim::Request> requests;
  for (const std::string& text : arguments.events) {
    auto request = sim::parse_event(text);
    if (!request) return std::unexpected(request.error());
    requests.push_back(std::move(*request));
  }
  const auto policy = open_policy(cli.out, arguments.file, options);
  if (!policy) return std::unexpected(policy.error());
  bool all = true;
  Json events = Json::array();
  for (const sim::Request& request : requests) {
    const Answer one = answer(*policy, request);
    all = all && one.allow;
    if (cli.out.json) {
      events.push_back(to_json(*policy, one));
    } else {
      print(cli.out, *policy, one);
    }
  }
  if (cli.out.json)
    cli.out.write_json({{"schema", "glacis.sim/1"},
                        {"profile", policy->name},
                        {"image", digest_text(policy->view.digest())},
                        {"events", std::move(events)}});
  return code(all ? Exit::ok : Exit::findings);
}

Json refused_json(const Policy& policy, const learn::Recording& recording,
                  const learn::Refused& refused) {
  const learn::Behaviour& behaviour = recording.behaviours[refused.behaviour];
  Json out = to_json(policy, answer(policy, behaviour.request));
  out["exe"] = escape(behaviour.exe);
  out["count"] = learn::count_of(behaviour);
  return out;
}

// What was recorded, asked again: 0 where all of it is allowed.
Result<int> replay(const Cli& cli, const SimArguments& arguments) {
  profile::LoadOptions options = arguments.search.load_options();
  options.lint = false;
  const auto recording = open_recording(cli.out, arguments.recording);
  if (!recording) return std::unexpected(recording.error());
  const auto policy = open_policy(cli.out, arguments.file, options);
  if (!policy) return std::unexpected(policy.error());
  const auto matcher = learn::Matcher::of(policy->view, policy->name);
  if (!matcher) return std::unexpected(matcher.error());
  const auto refused = learn::replay(*recording, *matcher);
  const std::size_t all = recording->behaviours.size();
  if (cli.out.json) {
    Json list = Json::array();
    for (const learn::Refused& one : refused)
      list.push_back(refused_json(*policy, *recording, one));
    cli.out.write_json({{"schema", "glacis.replay/1"},
                        {"profile", policy->name},
                        {"image", digest_text(policy->view.digest())},
                        {"behaviours", all},
                        {"complete", !learn::incomplete(*recording)},
                        {"refused", std::move(list)}});
  } else {
    for (const learn::Refused& one : refused)
      print(cli.out, *policy, answer(*policy, recording->behaviours[one.behaviour].request));
    cli.out.print("{}: {} of {} would be refused\n", shown(policy->name), refused.size(),
                  counted(all, "behaviour"));
  }
  if (learn::incomplete(*recording))
    cli.out.say("warning: the recording is incomplete: what was lost was not asked\n");
  return code(refused.empty() ? Exit::ok : Exit::findings);
}

Result<int> run_sim(const Cli& cli, const SimArguments& arguments) {
  if (arguments.recording.empty() == arguments.events.empty())
    return fail(Exit::usage, "give --event or --replay", "glacis sim --help");
  return arguments.recording.empty() ? simulate(cli, arguments) : replay(cli, arguments);
}

}  // namespace

void add_sim(Command app, Cli& cli) {
  const auto arguments = std::make_shared<SimArguments>();
  Command command = app.add_command("sim", "Say what a policy would answer");
  command.add_option("FILE", arguments->file, "Profile or image").required();
  command
      .add_option("-e,--event", arguments->events,
                  "Such as \"file read /etc/passwd\" or \"net connect tcp 10.0.0.1:80\"")
      .type_name("EVENT")
      .repeatable();
  command
      .add_option("--replay", arguments->recording,
                  "Ask about all of a recording: a name, or an exported file")
      .type_name("RECORDING");
  arguments->search.add_to(command);
  command.footer(
      "Events: file ACCESS[,...] PATH · exec PATH · unix connect|bind|send PATH|@NAME ·\n"
      "net bind|connect|send PROTOCOL ADDRESS:PORT · socket KIND · cap NAME ·\n"
      "memory WORD · kernel WORD · task ACCESS self|unconfined|NAME [SIGNAL].\nExit status: 0 all "
      "allowed, 1 one refused, 2 invalid.");
  command.act(cli, [&cli, arguments] { return run_sim(cli, *arguments); });
}

}  // namespace glacis::cli
