// SPDX-License-Identifier: Apache-2.0
#include "manager/import/apparmor/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <set>

#include "manager/base/escape.h"
#include "manager/import/apparmor/parser.h"
#include "manager/import/apparmor/translate.h"

namespace glacis::import::apparmor {
namespace {

namespace fs = std::filesystem;

struct Unit {
  fs::path path;
  Policy policy;
};

class Importer {
 public:
  Importer(diag::Diagnostics& diagnostics, diag::SourceSet& sources)
      : diagnostics_(diagnostics), sources_(sources) {}

  void add(fs::path path, Policy policy) { units_.push_back({std::move(path), std::move(policy)}); }

  std::vector<Imported> run() {
    for (const Unit& unit : units_) {
      for (const Profile& profile : unit.policy.profiles) know(unit.policy, profile, "");
    }
    for (const Unit& unit : units_) {
      for (const Profile& profile : unit.policy.profiles) start(unit, profile);
    }
    hand_on_entries();
    std::vector<Imported> out;
    for (Job& job : jobs_) {
      const Draft draft = job.translator->finish();
      Imported made = finish(draft, job.translator->tally(), job.profile->name.span, diagnostics_);
      made.source = job.unit->path.native();
      made.was = job.profile->full_name;
      made.findings = std::move(job.findings);
      findings_.add(made.findings);
      out.push_back(std::move(made));
    }
    findings_.write_to(diagnostics_);
    return out;
  }

 private:
  struct Job {
    const Unit* unit;
    const Profile* profile;
    Findings findings;
    std::optional<Translator> translator;
  };

  void know(const Policy& policy, const Profile& profile, const std::string& parent) {
    Known known;
    known.full_name = profile.full_name;
    known.parent = parent;
    std::string quoted;
    for (const char c : profile.full_name) {
      if (std::string_view("*?[]{}\\,").find(c) != std::string_view::npos) quoted += '\\';
      quoted += c;
    }
    if (auto spelled = profile::expand(quoted)) known.spelled = std::move(*spelled);
    known.name = profile_name(profile.full_name);
    for (int i = 2; !names_.insert(known.name).second; ++i) {
      known.name = profile_name(fmt::format("{}-{}", profile.full_name, i));
    }
    // Faults in patterns are found again, and said, by the translation.
    diag::Diagnostics ignored;
    Variables variables(policy, ignored);
    variables.set("profile_name", profile.full_name);
    const Word& attach = profile.attachment ? *profile.attachment : profile.name;
    const auto text = variables.expand(attach);
    if (text && !profile.hat && (text->starts_with('/') || text->starts_with('{'))) {
      if (const auto globs = globs_of(*text)) known.attachments = globs->files;
    }
    known.signals = reach_of(profile, Kind::signal, {"send", "w", "write", "rw"});
    known.traces = reach_of(profile, Kind::ptrace, {"read", "trace", "r", "w", "rw"});
    known_.push_back(std::move(known));
    for (const Profile& child : profile.children) know(policy, child, profile.full_name);
  }

  void start(const Unit& unit, const Profile& profile) {
    Job& job = jobs_.emplace_back();
    job.unit = &unit;
    job.profile = &profile;
    job.translator.emplace(unit.policy, profile, known_, sources_, job.findings, diagnostics_);
    if (!job.translator->rules()) {
      findings_.add(job.findings);
      jobs_.pop_back();
    }
    for (const Profile& child : profile.children) start(unit, child);
  }

  // A profile that no path is attached to is entered from another one only.
  void hand_on_entries() {
    for (const Job& from : jobs_) {
      for (const Move& move : from.translator->moves()) {
        for (Job& to : jobs_) {
          if (to.translator->self().name == move.to) to.translator->entered_by(move.glob);
        }
      }
    }
  }

  diag::Diagnostics& diagnostics_;
  diag::SourceSet& sources_;
  Findings findings_;
  std::deque<Unit> units_;
  std::vector<Known> known_;
  std::set<std::string> names_;
  std::deque<Job> jobs_;
};

}  // namespace

std::vector<Imported> import_files(const std::vector<fs::path>& paths, const ImportOptions& options,
                                   diag::Diagnostics& diagnostics, diag::SourceSet& sources) {
  const profile::DiskFiles disk;
  const ParseOptions parsing{options.search, options.files != nullptr ? options.files : &disk};
  Importer importer(diagnostics, sources);
  for (const fs::path& path : paths) {
    if (auto policy = parse(path, parsing, diagnostics, sources)) {
      importer.add(path, std::move(*policy));
    }
  }
  auto out = importer.run();
  diagnostics.sort();
  return out;
}

std::vector<fs::path> profiles_in(const fs::path& folder, const profile::Files& files) {
  std::vector<fs::path> out;
  const auto names = files.list(folder);
  if (!names) return out;
  for (const std::string& name : *names) {
    if (left_behind(name)) continue;
    const auto text = files.read(folder / name);
    if (!text && text.error().kind == ReadFailure::Kind::not_regular) continue;
    out.push_back(folder / name);
  }
  return out;
}

}  // namespace glacis::import::apparmor
