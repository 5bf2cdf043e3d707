// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/runner/session.h"

#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <fstream>
#include <map>
#include <thread>

namespace glacis::scenario {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Records reach the list a moment after the act.
constexpr int kEventTries = 4;
constexpr milliseconds kEventPause{200};
constexpr milliseconds kReadyLimit{15'000};

std::string this_release() {
  utsname name{};
  uname(&name);
  return name.release;
}

std::string excerpt(const std::vector<Json>& records) {
  std::string text;
  for (const Json& record : records) {
    if (text.size() > 4000) return text + "\n    ...";
    text += "\n    " + record.dump();
  }
  return text.empty() ? "\n    (no record)" : text;
}

// Words of REQUIRES, and the commands that they stand for.
const std::map<std::string, std::string>& known_needs() {
  static const std::map<std::string, std::string> words = {
      {"preempt_full", "grep -q 'preempt=full' /proc/cmdline"},
  };
  return words;
}

// What is still mounted below `folder`, as after a helper that was killed.
void unmount_below(const fs::path& folder) {
  const std::string prefix = folder.string() + '/';
  std::vector<std::string> points;
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    const auto begin = line.find(' ') + 1;
    const std::string point = line.substr(begin, line.find(' ', begin) - begin);
    if (point.starts_with(prefix)) points.push_back(point);
  }
  for (auto at = points.rbegin(); at != points.rend(); ++at) umount2(at->c_str(), MNT_DETACH);
}

Result<Json> act_result(const Finished& done) {
  if (done.timed_out) return fail(Exit::usage, "the act did not end");
  const auto begin = done.out.rfind("{\"act\"");
  Json value =
      begin == std::string::npos ? Json() : Json::parse(done.out.substr(begin), nullptr, false);
  if (value.is_object()) return value;
  if (done.status == 128 + SIGKILL)
    return Json{{"ok", false}, {"effect", false}, {"signal", SIGKILL}};
  return fail(Exit::usage, fmt::format("the act said nothing (status {}): {}{}", done.status,
                                       done.out, done.err));
}

}  // namespace

Session::Session(Options options)
    : options_(std::move(options)),
      command_(options_.glacis, options_.limit),
      release_(this_release()) {
  names_.dir = options_.work / "d";
  names_.act = options_.work / "glacis-act";
  names_.build = options_.build;
  names_.glacis = options_.glacis;
}

Status Session::prepare() {
  std::error_code error;
  fs::create_directories(options_.work, error);
  fs::copy_file(options_.act, names_.act, fs::copy_options::overwrite_existing, error);
  if (error) {
    return fail(Exit::usage, fmt::format("cannot put {} into {}: {}", options_.act.string(),
                                         options_.work.string(), error.message()));
  }
  if (const Status copied = copy_abstractions(); !copied) return copied;
  // To take away the last profile detaches every hook, and the kernel waits for all
  // of its tasks at each: some eight seconds a scenario in an emulated guest.
  names_.profile = next_profile();
  const Problem loaded = load(names_.profile, compose_profile("", names_));
  if (!loaded.empty()) return fail(Exit::usage, loaded);
  keeper_ = names_.profile;
  return {};
}

Problem Session::finish() { return keeper_.empty() ? "" : command_.unload(keeper_); }

// Beside the profiles that are written, where includes are looked for first.
Status Session::copy_abstractions() const {
  if (options_.profiles.empty()) return {};
  std::error_code error;
  fs::copy(options_.profiles / "abstractions", options_.work / "abstractions",
           fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
  if (!error) return {};
  return fail(Exit::usage, fmt::format("cannot copy the abstractions of {}: {}",
                                       options_.profiles.string(), error.message()));
}

Finished Session::shell(const std::string& line) const {
  return run_shell("cd '" + options_.work.string() + "'\n" + substitute(line, names_),
                   options_.limit);
}

std::vector<std::string> Session::act_words(const Scenario& scenario) const {
  std::vector<std::string> words = split_words(substitute(scenario.act, names_));
  words.insert(words.begin(), names_.act.string());
  return words;
}

std::string Session::next_profile() {
  return fmt::format("scn-{:x}-{}-{}", std::time(nullptr), getpid(), ++profiles_);
}

Problem Session::load(const std::string& name, const std::string& text) {
  const fs::path path = options_.work / (name + ".toml");
  std::ofstream out(path);
  if (!(out << text) || !out.flush()) return "cannot write " + path.string();
  return command_.load(path);
}

void Session::run_group(const std::vector<const Scenario*>& group,
                        const std::function<void(const Report&)>& done) {
  std::vector<const Scenario*> wanted;
  for (const Scenario* scenario : group) {
    Problem reason = skip_reason(*scenario);
    if (reason.empty()) {
      wanted.push_back(scenario);
    } else {
      done({scenario, Verdict::skipped, std::move(reason), 0});
    }
  }
  if (wanted.empty()) return;
  names_.profile = next_profile();
  profile_ = compose_profile(wanted.front()->profile, names_);
  hooks_.reset();
  events_.forget();
  stale_ = false;
  // In force, it would attach in these controls too.
  std::map<const Scenario*, Problem> controls;
  for (const Scenario* scenario : wanted)
    if (scenario->enter == Enter::attach) controls[scenario] = control(*scenario);
  const Problem loaded = load(names_.profile, profile_);
  for (const Scenario* scenario : wanted) {
    const auto known = controls.find(scenario);
    Report report = run_one(*scenario, loaded,
                            known == controls.end() ? std::nullopt : std::optional(known->second));
    const bool last = scenario == wanted.back();
    const Problem unloaded = last && loaded.empty() ? command_.unload(names_.profile) : "";
    if (!unloaded.empty() && report.verdict == Verdict::passed) {
      report.verdict = Verdict::failed;
      report.why = unloaded;
    }
    done(report);
  }
}

Problem Session::skip_reason(const Scenario& scenario) const {
  if (!kernel_fits(release_, scenario.kernels)) return "not for kernel " + release_;
  for (const std::string& need : scenario.needs) {
    const auto known = known_needs().find(need);
    const std::string& test = known == known_needs().end() ? need : known->second;
    if (shell(test).status != 0) return "this guest lacks: " + need;
  }
  return {};
}

Report Session::run_one(const Scenario& scenario, const Problem& loaded,
                        const std::optional<Problem>& controlled) {
  const auto begin = Clock::now();
  found_.clear();
  Problem why = loaded;
  if (why.empty()) why = controlled ? *controlled : control(scenario);
  if (why.empty()) why = confined(scenario);
  const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  return {&scenario, why.empty() ? Verdict::passed : Verdict::failed, why, took.count(), found_};
}

Problem Session::set_up(const Scenario& scenario) {
  std::error_code error;
  unmount_below(names_.dir);
  fs::remove_all(names_.dir, error);
  if (!fs::create_directories(names_.dir, error)) {
    return fmt::format("cannot empty {}: {}", names_.dir.string(), error.message());
  }
  if (scenario.setup.empty()) return {};
  std::string script;  // one shell for all: starting a program costs a guest time
  for (const std::string& line : scenario.setup) script += "( " + line + "\n) || exit $?\n";
  const Finished done = shell(script);
  if (done.status == 0) return {};
  return fmt::format("set-up ended with {}: {}{}\n{}", done.status, done.out, done.err, script);
}

Problem Session::start_helpers(const Scenario& scenario, std::vector<Child>& helpers) {
  if (!scenario.serve.empty()) {
    std::vector<std::string> words{names_.act.string(), "--serve"};
    for (const std::string& word : scenario.serve) words.push_back(substitute(word, names_));
    auto server = Child::start(words);
    if (!server || server->read_line(kReadyLimit) != "ready") return "the servers did not start";
    helpers.push_back(std::move(*server));
  }
  for (const std::string& line : scenario.background) {
    auto helper = Child::start({"/bin/sh", "-c", substitute(line, names_)});
    if (!helper) return helper.error().what;
    helpers.push_back(std::move(*helper));
  }
  return {};
}

Result<Json> Session::perform(const Scenario& scenario, bool inside) {
  if (scenario.enter == Enter::adopt) return perform_adopted(scenario, inside);
  const auto words = act_words(scenario);
  inside = inside && scenario.enter != Enter::attach;
  return act_result(run(inside ? command_.run_line(names_.profile, words) : words, options_.limit));
}

Result<Json> Session::perform_adopted(const Scenario& scenario, bool inside) {
  auto child = Child::start(act_words(scenario));
  if (!child) return std::unexpected(child.error());
  if (child->read_line(kReadyLimit).find("\"ready\"") == std::string::npos) {
    return fail(Exit::usage, "the act did not report to be ready");
  }
  if (inside) {
    const Problem problem = command_.adopt(names_.profile, child->pid());
    if (!problem.empty()) return fail(Exit::usage, problem);
  }
  child->write_line("go");
  return act_result(child->finish(options_.limit));
}

Problem Session::around(const Scenario& scenario, const std::function<Problem(const Json&)>& judge,
                        bool inside) {
  Problem why = set_up(scenario);
  {
    std::vector<Child> helpers;
    if (why.empty()) why = start_helpers(scenario, helpers);
    if (why.empty()) {
      const Result<Json> act = perform(scenario, inside);
      why = act ? judge(*act) : act.error().what;
      if (act && !why.empty()) why += "\n    " + act->dump();
    }
  }
  for (const std::string& line : scenario.cleanup) {
    const Finished done = shell(line);
    if (done.status != 0 && why.empty()) {
      why = fmt::format("clean-up `{}` ended with {}: {}", line, done.status, done.err);
    }
  }
  return why;
}

Problem Session::control(const Scenario& scenario) {
  if (!scenario.no_control.empty()) return {};
  const auto judge = [&](const Json& act) -> Problem {
    Problem why = check_control(act);
    for (const std::string& line : scenario.no_effects) {
      if (why.empty() && shell(line).status != 0) {
        why = fmt::format("`{}` fails without the profile too", line);
      }
    }
    return why;
  };
  const Problem why = around(scenario, judge, false);
  return why.empty() ? why : "control: " + why;
}

Problem Session::confined(const Scenario& scenario) {
  const bool looks = !scenario.events.empty() || !scenario.no_events.empty();
  if (looks && stale_) (void)fresh_records();
  stale_ = true;
  const auto judge = [&](const Json& act) -> Problem {
    Problem why = check_outcome(scenario, act);
    if (why.empty()) why = check_counts(scenario, act);
    for (const std::string& line : scenario.effects) {
      if (why.empty() && shell(line).status != 0) why = fmt::format("`{}` fails", line);
    }
    for (const std::string& line : scenario.no_effects) {
      if (why.empty() && shell(line).status == 0) why = fmt::format("`{}` succeeds", line);
    }
    if (!why.empty()) return why + what_was_recorded();
    return looks ? check_events(scenario) : why;
  };
  return around(scenario, judge, true);
}

// For a reader who wonders why something was refused, or was not.
std::string Session::what_was_recorded() {
  const auto records = fresh_records();
  return records ? "; records of it:" + excerpt(*records) : "; " + records.error().what;
}

Result<std::vector<Json>> Session::fresh_records() {
  auto all = command_.evidence(names_.profile);
  if (!all) return all;
  std::vector<Json> fresh = events_.fresh(*all);
  events_.remember(*all);
  stale_ = false;
  return fresh;
}

EventCheck Session::resolved(EventCheck check) const {
  for (FieldCheck& field : check) field.value = substitute(field.value, names_);
  return check;
}

Problem Session::find_events(const Scenario& scenario, const std::vector<Json>& records) {
  found_.clear();
  for (const EventCheck& check : scenario.events) {
    const EventCheck wanted = resolved(check);
    const auto found = std::find_if(records.begin(), records.end(), [&](const Json& record) {
      return matches(wanted, record, profile_);
    });
    if (found == records.end()) {
      return fmt::format("no record has {}; there are:{}", to_text(wanted), excerpt(records));
    }
    found_.push_back(found->value("seq", std::uint64_t{0}));
  }
  return {};
}

Problem Session::check_hooks(const Scenario& scenario) {
  for (const EventCheck& check : scenario.events) {
    for (const FieldCheck& field : check) {
      if (field.key != "hook" || field.contains) continue;
      if (!hooks_) {
        auto hooks = command_.hooks(options_.work / (names_.profile + ".toml"));
        if (!hooks) return hooks.error().what;
        hooks_ = std::move(*hooks);
      }
      if (std::ranges::find(*hooks_, field.value) == hooks_->end())
        return "the profile alone would not attach " + field.value;
    }
  }
  return {};
}

Problem Session::check_events(const Scenario& scenario) {
  std::vector<Json> records;
  Problem missing;
  for (int i = 0; i < kEventTries; ++i) {
    if (i > 0) std::this_thread::sleep_for(kEventPause);
    auto more = fresh_records();
    if (!more) return more.error().what;
    records.insert(records.end(), more->begin(), more->end());
    missing = find_events(scenario, records);
    if (missing.empty()) break;
  }
  if (!missing.empty()) return missing;
  if (Problem why = check_hooks(scenario); !why.empty()) return why;
  for (const EventCheck& check : scenario.no_events) {
    for (const Json& record : records) {
      if (matches(resolved(check), record, profile_)) {
        return "an unexpected record:\n    " + record.dump();
      }
    }
  }
  return {};
}

}  // namespace glacis::scenario
