// SPDX-License-Identifier: Apache-2.0
// glacis-scenarios: runs scenario files on this machine, as root. See
// scenario.h for what they say.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "vm-tests/runner/report.h"
#include "vm-tests/runner/scenario.h"
#include "vm-tests/runner/session.h"

namespace glacis::scenario {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: glacis-scenarios [OPTION...] FILE|FOLDER...\n"
    "  --glacis PATH       the glacis command (default: from PATH)\n"
    "  --build DIR         the build folder (default: above this program's)\n"
    "  --act PATH          the glacis-act program (default: of the build folder)\n"
    "  --profiles DIR      whose abstractions are included (default: `profiles` in a folder\n"
    "                      above the first FILE, if there is one)\n"
    "  --work DIR          working folder (default /tmp/glacis-scn)\n"
    "  --area WORD         only this area (repeat for several)\n"
    "  --filter TEXT       only scenarios whose name contains this\n"
    "  --names FILE        only scenarios whose name is a line of this file\n"
    "  --tier smoke|all    only what is marked as smoke, or all (default)\n"
    "  --timeout SECONDS   for each command (default 120)\n"
    "  --list              names, areas and tiers; runs nothing\n"
    "  --json FILE         write the results\n";

struct Arguments {
  Options options;
  std::set<std::string> areas;
  std::string filter;
  std::optional<fs::path> names;
  bool smoke = false;
  bool list = false;
  std::optional<fs::path> json;
  std::vector<fs::path> paths;
};

bool set_option(Arguments& arguments, const std::string& name, const std::string& value) {
  if (name == "--glacis") {
    arguments.options.glacis = value;
  } else if (name == "--build") {
    arguments.options.build = value;
  } else if (name == "--act") {
    arguments.options.act = value;
  } else if (name == "--profiles") {
    arguments.options.profiles = value;
  } else if (name == "--work") {
    arguments.options.work = value;
  } else if (name == "--area") {
    arguments.areas.insert(value);
  } else if (name == "--filter") {
    arguments.filter = value;
  } else if (name == "--names") {
    arguments.names = value;
  } else if (name == "--tier" && (value == "smoke" || value == "all")) {
    arguments.smoke = value == "smoke";
  } else if (name == "--timeout" && std::atoi(value.c_str()) > 0) {
    arguments.options.limit = std::chrono::seconds(std::atoi(value.c_str()));
  } else if (name == "--json") {
    arguments.json = value;
  } else {
    return false;
  }
  return true;
}

// `profiles` beside, or in a folder above, `from`; empty if there is none.
fs::path profiles_above(const fs::path& from) {
  std::error_code error;
  fs::path folder = fs::canonical(from, error);
  while (folder.has_relative_path()) {
    folder = folder.parent_path();
    if (fs::is_directory(folder / "profiles" / "abstractions", error)) return folder / "profiles";
  }
  return {};
}

std::optional<Arguments> parse_arguments(int argc, char** argv) {
  Arguments arguments;
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  arguments.options.build = here.parent_path().parent_path();
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--list") {
      arguments.list = true;
    } else if (!word.starts_with("--")) {
      arguments.paths.emplace_back(word);
    } else if (i + 1 == argc || !set_option(arguments, word, argv[++i])) {
      return std::nullopt;
    }
  }
  if (arguments.paths.empty()) return std::nullopt;
  if (arguments.options.act.empty()) arguments.options.act = here.parent_path() / "acts/glacis-act";
  if (arguments.options.profiles.empty()) {
    arguments.options.profiles = profiles_above(arguments.paths.front());
  }
  return arguments;
}

std::vector<fs::path> files_of(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.path().extension() == ".scn") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<Scenario>> read_all(const std::vector<fs::path>& files) {
  std::vector<Scenario> all;
  std::map<std::string, fs::path> names;
  for (const fs::path& file : files) {
    auto scenarios = read_scenarios(file);
    if (!scenarios) return scenarios;
    for (Scenario& scenario : *scenarios) {
      const auto [at, fresh] = names.emplace(scenario.name, file);
      if (!fresh) {
        return fail(Exit::usage, fmt::format("{} and {} both have a scenario named {}",
                                             at->second.string(), file.string(), scenario.name));
      }
      all.push_back(std::move(scenario));
    }
  }
  return all;
}

bool wanted(const Arguments& arguments, const Scenario& scenario) {
  return (arguments.areas.empty() || arguments.areas.contains(scenario.area)) &&
         (!arguments.smoke || scenario.smoke) &&
         scenario.name.find(arguments.filter) != std::string::npos;
}

// Leaves the scenarios that a line of the file names; each line must name one.
Status keep_named(std::vector<Scenario>& scenarios, const fs::path& file) {
  std::set<std::string> names;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) names.insert(line);
  if (!in.eof()) return fail(Exit::usage, fmt::format("cannot read {}", file.string()));
  std::erase_if(scenarios, [&](const Scenario& s) { return !names.contains(s.name); });
  for (const Scenario& scenario : scenarios) names.erase(scenario.name);
  if (names.empty()) return {};
  return fail(Exit::usage, fmt::format("there is no scenario named {}", *names.begin()));
}

// Scenarios with the same profile, in order of their first.
std::vector<std::vector<const Scenario*>> group(const std::vector<Scenario>& scenarios) {
  std::vector<std::vector<const Scenario*>> groups;
  std::map<std::string_view, std::size_t> at;
  for (const Scenario& scenario : scenarios) {
    const auto [found, fresh] = at.emplace(scenario.profile, groups.size());
    if (fresh) groups.emplace_back();
    groups[found->second].push_back(&scenario);
  }
  return groups;
}

int list(const std::vector<Scenario>& scenarios) {
  for (const Scenario& scenario : scenarios) {
    fmt::print("{}\t{}\t{}\n", scenario.area, scenario.smoke ? "smoke" : "all", scenario.name);
  }
  return 0;
}

int complain(const Error& error) {
  fmt::print(stderr, "glacis-scenarios: {}\n", error.what);
  if (!error.next.empty()) fmt::print(stderr, "  {}\n", error.next);
  return static_cast<int>(error.exit);
}

int run_all(const Arguments& arguments, const std::vector<Scenario>& scenarios) {
  Session session(arguments.options);
  if (const Status ready = session.prepare(); !ready) return complain(ready.error());
  Reporter reporter;
  for (const auto& scenarios_of_profile : group(scenarios)) {
    session.run_group(scenarios_of_profile, [&](const Report& report) { reporter.add(report); });
  }
  const Problem left = session.finish();
  if (arguments.json) {
    if (const Status written = reporter.write_json(*arguments.json); !written) {
      return complain(written.error());
    }
  }
  reporter.summary();
  if (!left.empty()) return complain({Exit::usage, left, {}, {}});
  return reporter.all_passed() ? 0 : 1;
}

int main_with(int argc, char** argv) {
  const auto arguments = parse_arguments(argc, argv);
  if (!arguments) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  auto scenarios = read_all(files_of(arguments->paths));
  if (!scenarios) return complain(scenarios.error());
  if (arguments->names)
    if (const Status kept = keep_named(*scenarios, *arguments->names); !kept)
      return complain(kept.error());
  std::erase_if(*scenarios, [&](const Scenario& s) { return !wanted(*arguments, s); });
  if (scenarios->empty()) return complain({Exit::usage, "no scenario is wanted", {}, {}});
  return arguments->list ? list(*scenarios) : run_all(*arguments, *scenarios);
}

}  // namespace
}  // namespace glacis::scenario

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return glacis::scenario::main_with(argc, argv);
}
