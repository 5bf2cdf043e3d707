// SPDX-License-Identifier: Apache-2.0
// glacis learn: what a program does is recorded while nothing is refused.
#include <sodium.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "manager/base/file.h"
#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/host.h"
#include "manager/cli/target.h"
#include "manager/cli/watch.h"
#include "manager/evidence/record.h"
#include "manager/kernel/probe.h"
#include "manager/kernel/ring.h"
#include "manager/learn/drift.h"
#include "manager/learn/transfer.h"
#include "manager/profile/validate.h"

namespace glacis::cli {
namespace {

using namespace std::chrono_literals;

struct LearnArguments {
  std::string name;
  std::string profile;
  pid_t pid = 0;
  std::string unit;
  std::string output;
  std::vector<std::string> files;
  SearchOptions search;
};

constexpr auto kDrainEvery = 200ms;
constexpr auto kLookEvery = 5;     // drains
constexpr auto kTakeInEvery = 50;  // drains
constexpr auto kStopPatience = 20s;

std::int64_t now() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

Status check_name(const std::string& name) {
  if (profile::is_profile_name(name)) return {};
  return fail(Exit::usage, fmt::format("`{}` cannot be a profile's name", shown(name)),
              "use letters, digits, '.', '_' and '-'", "nothing was changed");
}

learn::Run run_here(std::string what) {
  learn::Run out;
  std::uint8_t random[16];
  ::randombytes_buf(random, sizeof random);
  for (const std::uint8_t byte : random) out.token += fmt::format("{:02x}", byte);
  utsname machine{};
  if (::uname(&machine) == 0) {
    out.host = machine.nodename;
    out.machine = machine.machine;
    out.kernel = machine.release;
  }
  out.what = std::move(what);
  out.started = now();
  return out;
}

// Loaded again each time, so that every behaviour is recorded anew in each run.
// `rules`: what the profile grants, whose use is then not recorded.
Result<kernel::Enforcer> put_under_observation(const Cli& cli, const LearnArguments& arguments,
                                               std::int64_t& rules) {
  const auto file = profile_to_learn(cli.out, arguments.name, arguments.profile);
  if (!file) return std::unexpected(file.error());
  const auto ready = prepare(cli.out, *file, arguments.search.load_options(), GL_MODE_OBSERVE);
  if (!ready) return std::unexpected(ready.error());
  if (ready->name != arguments.name)
    return fail(Exit::usage,
                fmt::format("{} is the profile `{}`, and not `{}`", shown(file->native()),
                            shown(ready->name), shown(arguments.name)),
                {}, "nothing was changed");
  if (auto able = kernel::precheck(); !able) return std::unexpected(able.error());
  auto enforcer = kernel::Enforcer::open_or_create();
  if (!enforcer) return enforcer;
  const auto before = enforcer->find(arguments.name);
  if (before && before->mode == GL_MODE_ENFORCE)
    return fail(Exit::usage,
                fmt::format("`{}` is enforced, and learning would end that", shown(arguments.name)),
                fmt::format("`glacis mode {} observe` first", shown(arguments.name)),
                "nothing was changed");
  const auto domain = put_in_force(*enforcer, *ready);
  if (!domain) return std::unexpected(domain.error());
  record_change(cli.out, "loaded", *domain);
  rules = std::ranges::count(ready->map.rules, false, &image::SourceRule::deny);
  return enforcer;
}

// What the new run's records will be told by.
Result<learn::Watch> watch_from_now(kernel::Enforcer& enforcer, const Output& out) {
  drain_evidence(out, enforcer);
  const auto ring = kernel::Ring::open(enforcer.events_fd());
  if (!ring) return std::unexpected(ring.error());
  const auto last = enforcer.last_sequence();
  if (!last) return std::unexpected(last.error());
  learn::Watch watch;
  watch.boot = evidence::here(ring->id()).origin.boot;
  watch.ring = ring->id();
  watch.from = *last;
  watch.watcher = ::getpid();
  return watch;
}

// Until the target is gone, or somebody wants to stop. What was recorded is taken in meanwhile.
Status follow(const Cli& cli, kernel::Enforcer& enforcer, learn::Database& database,
              const learn::Watch& run, const std::string& name, Target& target) {
  for (int turn = 1; target.alive(); ++turn) {
    drain_evidence(cli.out, enforcer);
    if (turn % kLookEvery == 0) {
      const auto watch = database.watch();
      if (!watch) return std::unexpected(watch.error());
      if (!*watch || (*watch)->stop) return {};
    }
    if (turn % kTakeInEvery == 0)
      if (auto done = bring_up_to_date(cli.out, database, run, name); !done) return done;
    std::this_thread::sleep_for(kDrainEvery);
  }
  return {};
}

// Programs of which another version was seen to do something new.
Json drifted(const learn::Recording& recording) {
  Json out = Json::array();
  for (const learn::Drift& one : learn::drifts_of(recording))
    out.push_back({{"exe", escape(one.exe)}, {"new", one.fresh.size()}});
  return out;
}

Json summary_json(const learn::Recording& recording, bool going_on) {
  std::uint64_t lost = 0, unlearned = 0;
  Json odd = Json::object();
  for (const learn::Run& run : recording.runs) {
    lost += run.lost;
    for (const auto& [what, count] : run.unlearned) {
      unlearned += count;
      odd[what] = odd.value(what, std::uint64_t{0}) + count;
    }
  }
  return {{"schema", "glacis.learn/1"},
          {"profile", shown(recording.name)},
          {"state", going_on ? "learning" : "stopped"},
          {"runs", recording.runs.size()},
          {"behaviours", recording.behaviours.size()},
          {"lost", lost},
          {"complete", lost == 0},
          {"unlearned", std::move(odd)},
          {"drift", drifted(recording)}};
}

void report(const Cli& cli, const learn::Recording& recording, bool going_on) {
  const Json summary = summary_json(recording, going_on);
  if (cli.out.json) return cli.out.write_json(summary);
  cli.out.print("{}: {}, {} in {}\n", shown(recording.name), going_on ? "learning" : "stopped",
                counted(recording.behaviours.size(), "behaviour"),
                counted(recording.runs.size(), "run"));
  if (learn::incomplete(recording))
    cli.out.print("{}: {} lost, so that what was done is not all known\n",
                  cli.out.paint(Paint::yellow, "incomplete"),
                  counted(summary["lost"].get<std::size_t>(), "record"));
  for (const auto& [what, count] : summary["unlearned"].items())
    cli.out.print("not learned: {} ({} times)\n", shown(what), count.get<std::uint64_t>());
  cli.out.print("{}", learn::drift_text(learn::drifts_of(recording)));
}

Result<int> tell_state(const Cli& cli, learn::Database& database, bool going_on) {
  const auto recording = database.read();
  if (!recording) return std::unexpected(recording.error());
  report(cli, *recording, going_on);
  return code(learn::incomplete(*recording) ? Exit::findings : Exit::ok);
}

Result<int> start(const Cli& cli, const LearnArguments& arguments) {
  if (auto root = need_root("learn start"); !root) return std::unexpected(root.error());
  if (auto good = check_name(arguments.name); !good) return std::unexpected(good.error());
  auto target = Target::of(cli.rest, arguments.pid, arguments.unit);
  if (!target) return std::unexpected(target.error());
  auto database = learn::Database::create(learn::recording_path(arguments.name), arguments.name);
  if (!database) return std::unexpected(database.error());
  const auto earlier = database->watch();
  if (!earlier) return std::unexpected(earlier.error());
  if (*earlier)
    return fail(Exit::usage, fmt::format("`{}` is being learned already", shown(arguments.name)),
                fmt::format("glacis learn stop {}", shown(arguments.name)), "nothing was changed");
  learn::Run run = run_here(target->words());
  auto enforcer = put_under_observation(cli, arguments, run.rules);
  if (!enforcer) return std::unexpected(enforcer.error());
  const auto from = watch_from_now(*enforcer, cli.out);
  if (!from) return std::unexpected(from.error());
  const auto watch = database->begin(run, *from);
  if (!watch) return std::unexpected(watch.error());
  Status done = target->begin(*enforcer, arguments.name);
  if (done) done = follow(cli, *enforcer, *database, *watch, arguments.name, *target);
  const Status ended = finish_run(cli.out, *database, *watch, arguments.name);
  if (!done) return std::unexpected(done.error());
  if (!ended) return std::unexpected(ended.error());
  return tell_state(cli, *database, false);
}

Result<int> status(const Cli& cli, const LearnArguments& arguments) {
  if (auto good = check_name(arguments.name); !good) return std::unexpected(good.error());
  auto database = learn::Database::open(learn::recording_path(arguments.name));
  if (!database) return std::unexpected(database.error());
  const auto watch = database->watch();
  if (!watch) return std::unexpected(watch.error());
  if (*watch) {
    if (auto done = bring_up_to_date(cli.out, *database, **watch, arguments.name); !done)
      return std::unexpected(done.error());
    if (!is_watched(**watch))
      cli.out.say("warning: nobody moves records from the kernel's ring any more; {}\n",
                  "`glacis learn stop` ends the run");
  }
  return tell_state(cli, *database, watch->has_value());
}

Result<int> stop(const Cli& cli, const LearnArguments& arguments) {
  if (auto root = need_root("learn stop"); !root) return std::unexpected(root.error());
  if (auto good = check_name(arguments.name); !good) return std::unexpected(good.error());
  auto database = learn::Database::open(learn::recording_path(arguments.name));
  if (!database) return std::unexpected(database.error());
  auto watch = database->watch();
  if (!watch) return std::unexpected(watch.error());
  if (*watch && is_watched(**watch)) {
    if (auto asked = database->ask_to_stop(**watch); !asked) return std::unexpected(asked.error());
    const auto until = std::chrono::steady_clock::now() + kStopPatience;
    while (*watch && is_watched(**watch) && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(kDrainEvery);
      if (watch = database->watch(); !watch) return std::unexpected(watch.error());
    }
  }
  // Whoever watched is gone, or does not answer.
  if (*watch)
    if (auto done = finish_run(cli.out, *database, **watch, arguments.name); !done)
      return std::unexpected(done.error());
  return tell_state(cli, *database, false);
}

Result<int> write_text(const Cli& cli, const learn::Recording& recording,
                       const std::string& output) {
  const std::string text = learn::export_text(recording);
  if (output.empty()) {
    cli.out.write(text);
  } else if (auto done = write_file(output, text, 0600); !done) {
    return std::unexpected(done.error());
  }
  return code(Exit::ok);
}

Result<int> export_to(const Cli& cli, const LearnArguments& arguments) {
  if (auto good = check_name(arguments.name); !good) return std::unexpected(good.error());
  const auto recording = current_recording(cli.out, arguments.name);
  if (!recording) return std::unexpected(recording.error());
  return write_text(cli, *recording, arguments.output);
}

// All files are read before the first is added.
Result<learn::Recording> read_all(const std::vector<std::string>& files) {
  std::optional<learn::Recording> out;
  for (const std::string& file : files) {
    auto one = read_export(file);
    if (!one) return one;
    if (!out) {
      out = std::move(*one);
    } else if (auto done = learn::merge(*out, *one); !done) {
      return std::unexpected(done.error());
    }
  }
  return std::move(*out);
}

Result<int> merge_files(const Cli& cli, const LearnArguments& arguments) {
  const auto all = read_all(arguments.files);
  if (!all) return std::unexpected(all.error());
  return write_text(cli, *all, arguments.output);
}

Result<int> import_from(const Cli& cli, const LearnArguments& arguments) {
  const auto all = read_all(arguments.files);
  if (!all) return std::unexpected(all.error());
  if (auto good = check_name(all->name); !good) return std::unexpected(good.error());
  auto database = learn::Database::create(learn::recording_path(all->name), all->name);
  if (!database) return std::unexpected(database.error());
  if (auto done = database->add(*all); !done) return std::unexpected(done.error());
  const auto watch = database->watch();
  if (!watch) return std::unexpected(watch.error());
  return tell_state(cli, *database, watch->has_value());
}

using Action = Result<int> (*)(const Cli&, const LearnArguments&);

Command add_one(Command parent, Cli& cli, const std::shared_ptr<LearnArguments>& arguments,
                const char* name, const char* text, Action action) {
  Command command = parent.add_command(name, text);
  command.act(cli, [&cli, arguments, action] { return action(cli, *arguments); });
  return command;
}

void add_files(Command command, const std::shared_ptr<LearnArguments>& arguments) {
  command.add_option("FILE", arguments->files, "Exported recordings").required();
}

}  // namespace

void add_learn(Command app, Cli& cli) {
  Command command = app.add_command("learn", "Record what a program does");
  command.needs_command();
  const auto arguments = std::make_shared<LearnArguments>();
  Command begin = add_one(command, cli, arguments, "start",
                          "Watch a program until it ends, or `learn stop`", start);
  begin.add_option("NAME", arguments->name, "Profile that is to be learned").required();
  begin.add_option("--pid", arguments->pid, "A running process and its descendants")
      .type_name("PID");
  begin.add_option("--unit", arguments->unit, "The processes of a unit").type_name("UNIT");
  begin.add_option("--profile", arguments->profile, "Not the one in /etc/glacis/profiles")
      .type_name("FILE");
  arguments->search.add_to(begin);
  begin.footer(
      "Give one of --pid, --unit or, at the end, -- CMD... Nothing is refused meanwhile: the\n"
      "profile is loaded in mode observe, and what it does not grant is recorded.");
  for (const auto& [name, text, action] :
       {std::tuple("status", "Say what was recorded so far", Action(status)),
        std::tuple("stop", "End the run that goes on", Action(stop))})
    add_one(command, cli, arguments, name, text, action)
        .add_option("NAME", arguments->name, "Profile")
        .required();
  Command out = add_one(command, cli, arguments, "export", "Write a recording as text", export_to);
  out.add_option("NAME", arguments->name, "Profile").required();
  Command both =
      add_one(command, cli, arguments, "merge", "Make one recording of several", merge_files);
  add_files(both, arguments);
  for (Command one : {out, both})
    one.add_option("-o", arguments->output, "Write to FILE").type_name("FILE");
  add_files(add_one(command, cli, arguments, "import", "Add exported recordings to this host's",
                    import_from),
            arguments);
  add_learn_calls(command, cli);
}

}  // namespace glacis::cli
