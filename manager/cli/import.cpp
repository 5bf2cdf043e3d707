// SPDX-License-Identifier: Apache-2.0
// glacis import: profiles made of another enforcer's policy. With -o they are
// written to a folder; one alone goes to the standard output.
#include "manager/import/apparmor/import.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "manager/base/fd.h"
#include "manager/base/file.h"
#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/policy.h"
#include "manager/diag/render.h"
#include "manager/import/kubearmor/import.h"
#include "manager/import/seccomp/import.h"
#include "manager/import/systemd/import.h"

namespace glacis::cli {
namespace {

struct ImportArguments {
  std::vector<std::string> files;
  std::vector<std::string> search;
  std::string to;
  std::string name;                       // seccomp
  std::vector<std::string> capabilities;  // seccomp
  std::string groups;                     // systemd
  bool strict = false;
};

// What an importer hands over.
struct Imports {
  std::vector<import::Imported> profiles;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
};

std::string tally_text(const import::Tally& tally) {
  std::string out = counted(tally.all(), "rule") + ": " + grouped(tally.same) + " the same";
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count != 0) out += fmt::format(", {} {}", grouped(count), what);
  };
  add(tally.looser, "looser");
  add(tally.tighter, "tighter");
  add(tally.lost, "without counterpart");
  return out;
}

Json to_json(const import::Imported& one, bool with_text) {
  Json out = {{"profile", one.name},
              {"was", shown(one.was)},
              {"source", shown(one.source)},
              {"valid", one.good},
              {"statements", one.tally.all()},
              {"same", one.tally.same},
              {"looser", one.tally.looser},
              {"tighter", one.tally.tighter},
              {"lost", one.tally.lost},
              {"rules", one.rules},
              {"bytes", one.bytes},
              {"states", one.states},
              {"microseconds", one.microseconds}};
  if (with_text) out["text"] = one.text;
  return out;
}

Status write_all(const ImportArguments& arguments, const Imports& outcome) {
  std::error_code failed;
  fs::create_directories(arguments.to, failed);
  if (failed)
    return fail(Exit::usage,
                fmt::format("cannot make {}: {}", shown(arguments.to), failed.message()));
  for (const import::Imported& one : outcome.profiles) {
    if (!one.good) continue;
    if (auto done = write_file(fs::path(arguments.to) / (one.name + ".toml"), one.text); !done)
      return std::unexpected(done.error());
  }
  return {};
}

void report(const Cli& cli, const ImportArguments& arguments, const Imports& outcome) {
  const auto colour = cli.out.coloured(STDERR_FILENO) ? diag::Colour::on : diag::Colour::off;
  cli.out.tell(cli.out.quiet ? ""
                             : diag::render_text(outcome.diagnostics, outcome.sources, colour));
  import::Tally all;
  for (const import::Imported& one : outcome.profiles) {
    all.add(one.tally);
    cli.out.say(
        "{}: {}{}\n", one.name, tally_text(one.tally),
        one.good ? fmt::format("; image of {} bytes", grouped(one.bytes)) : "; does not compile");
  }
  if (outcome.profiles.size() > 1)
    cli.out.say("{}, {}\n", counted(outcome.profiles.size(), "profile"), tally_text(all));
  if (!arguments.to.empty()) cli.out.say("written to {}\n", shown(arguments.to));
}

Result<int> finish(const Cli& cli, const ImportArguments& arguments, const Imports& outcome) {
  const bool good = !outcome.diagnostics.failed() && !outcome.profiles.empty() &&
                    std::ranges::all_of(outcome.profiles, [](const auto& one) { return one.good; });
  const bool strict = arguments.strict && outcome.diagnostics.warnings() != 0;
  const bool to_folder = !arguments.to.empty();
  std::set<std::string> names;
  for (const import::Imported& one : outcome.profiles) {
    if (!names.insert(one.name).second)
      return fail(Exit::usage, fmt::format("two of these are named `{}`", one.name),
                  "import them one by one");
  }
  if (!to_folder && outcome.profiles.size() > 1 && !cli.out.json)
    return fail(Exit::usage,
                fmt::format("{} are imported, and one fits the standard output",
                            counted(outcome.profiles.size(), "profile")),
                "write them to a folder with -o DIR");
  if (to_folder && !strict) {
    if (auto done = write_all(arguments, outcome); !done) return std::unexpected(done.error());
  }
  if (cli.out.json) {
    Json profiles = Json::array();
    for (const auto& one : outcome.profiles) profiles.push_back(to_json(one, !to_folder));
    Json json = {{"schema", "glacis.import/1"},
                 {"valid", good && !strict},
                 {"profiles", std::move(profiles)}};
    Json inner = Json::parse(diag::render_json(outcome.diagnostics, outcome.sources));
    inner.erase("schema");
    json.update(inner);
    cli.out.write_json(json);
  } else {
    report(cli, arguments, outcome);
    if (!to_folder && !strict && good) cli.out.write(outcome.profiles.front().text);
  }
  if (strict && !cli.out.json)
    cli.out.say("nothing is written: with --strict nothing may become looser\n");
  return code(good && !strict ? Exit::ok : Exit::findings);
}

// <abstractions/base> is below the folder apparmor.d that the file is in.
std::vector<fs::path> apparmor_search(const ImportArguments& arguments) {
  std::vector<fs::path> out(arguments.search.begin(), arguments.search.end());
  for (const std::string& file : arguments.files) {
    std::error_code ignored;
    for (fs::path at = fs::absolute(file, ignored); at != at.parent_path(); at = at.parent_path()) {
      if (at.filename() != "apparmor.d") continue;
      if (std::ranges::find(out, at) == out.end()) out.push_back(at);
      break;
    }
  }
  out.emplace_back("/etc/apparmor.d");
  return out;
}

Result<int> import_apparmor(const Cli& cli, const ImportArguments& arguments) {
  Imports outcome;
  const profile::DiskFiles disk;
  std::vector<fs::path> paths;
  for (const std::string& file : arguments.files) {
    std::error_code ignored;
    if (!fs::is_directory(file, ignored)) {
      paths.emplace_back(file);
      continue;
    }
    for (fs::path& path : import::apparmor::profiles_in(file, disk))
      paths.push_back(std::move(path));
  }
  if (paths.empty()) return fail(Exit::usage, "there are no profiles in this folder");
  import::apparmor::ImportOptions options;
  options.search = apparmor_search(arguments);
  outcome.profiles =
      import::apparmor::import_files(paths, options, outcome.diagnostics, outcome.sources);
  return finish(cli, arguments, outcome);
}

// What can't be read becomes the error of the command.
Result<std::string> text_of(const std::string& path) {
  return read_file(path, profile::largest_file);
}

Result<int> import_seccomp(const Cli& cli, const ImportArguments& arguments) {
  Imports outcome;
  import::seccomp::ImportOptions options;
  for (std::string word : arguments.capabilities) {
    std::ranges::transform(word, word.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    options.capabilities.push_back(word.starts_with("CAP_") ? word : "CAP_" + word);
  }
  for (const std::string& file : arguments.files) {
    auto text = text_of(file);
    if (!text) return std::unexpected(text.error());
    options.name = arguments.name.empty() ? fs::path(file).stem().string() : arguments.name;
    auto made = import::seccomp::import_text(std::move(*text), file, options, outcome.diagnostics,
                                             outcome.sources);
    if (made) outcome.profiles.push_back(std::move(*made));
  }
  return finish(cli, arguments, outcome);
}

Result<int> import_kubearmor(const Cli& cli, const ImportArguments& arguments) {
  Imports outcome;
  for (const std::string& file : arguments.files) {
    auto text = text_of(file);
    if (!text) return std::unexpected(text.error());
    for (auto& made : import::kubearmor::import_text(std::move(*text), file, outcome.diagnostics,
                                                     outcome.sources))
      outcome.profiles.push_back(std::move(made));
  }
  return finish(cli, arguments, outcome);
}

// What this host's systemd means by the names of groups; empty without it.
std::string ask_systemd() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  Fd reader(ends[0]);
  pid_t child = 0;
  {
    const Fd writer(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::array<std::string, 3> words = {"systemd-analyze", "syscall-filter", "--no-pager"};
    std::array<char*, 4> argv = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    std::array<char*, 1> environment = {nullptr};
    const int failed = posix_spawn(&child, "/usr/bin/systemd-analyze", &actions, nullptr,
                                   argv.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return {};
  }
  auto text = read_descriptor(reader.get(), profile::largest_file);
  reader = Fd();  // a child that goes on writing ends by it
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return text ? *text : std::string();
}

Result<int> import_systemd(const Cli& cli, const ImportArguments& arguments) {
  Imports outcome;
  import::systemd::ImportOptions options;
  std::string groups;
  if (arguments.groups.empty()) {
    groups = ask_systemd();
  } else {
    auto text = text_of(arguments.groups);
    if (!text) return std::unexpected(text.error());
    groups = std::move(*text);
  }
  options.groups = import::systemd::Groups::parse(groups);
  for (const std::string& file : arguments.files) {
    auto made = import::systemd::import_file(file, options, outcome.diagnostics, outcome.sources);
    if (made) outcome.profiles.push_back(std::move(*made));
  }
  return finish(cli, arguments, outcome);
}

void add_output(Command command, ImportArguments& arguments) {
  command.add_option("-o", arguments.to, "Write NAME.toml for each profile into DIR")
      .type_name("DIR");
  command.add_flag("--strict", arguments.strict, "Write nothing if anything would become looser");
}

constexpr const char* consequences =
    "Says what the result grants or refuses otherwise: warnings are looser, notes tighter.";

void add_seccomp(Command command, Cli& cli, const std::shared_ptr<ImportArguments>& arguments) {
  Command sub = command.add_command("seccomp", "System calls, of a container runtime");
  sub.add_option("FILE", arguments->files, "JSON of the OCI or of docker, or config.json")
      .required();
  sub.add_option("--name", arguments->name, "Name of the profile; without, that of the file")
      .type_name("NAME");
  sub.add_option("--cap", arguments->capabilities, "A capability that the container has")
      .type_name("CAP")
      .repeatable();
  add_output(sub, *arguments);
  sub.footer(consequences);
  sub.act(cli, [&cli, arguments] { return import_seccomp(cli, *arguments); });
}

void add_systemd(Command command, Cli& cli, const std::shared_ptr<ImportArguments>& arguments) {
  Command sub = command.add_command("systemd", "What a unit takes from its service");
  sub.add_option("FILE", arguments->files, "Unit files; drop-ins beside them are read too")
      .required();
  sub.add_option("--groups", arguments->groups,
                 "Groups of calls, as `systemd-analyze syscall-filter` prints them")
      .type_name("FILE");
  add_output(sub, *arguments);
  sub.footer(consequences);
  sub.act(cli, [&cli, arguments] { return import_systemd(cli, *arguments); });
}

void add_kubearmor(Command command, Cli& cli, const std::shared_ptr<ImportArguments>& arguments) {
  Command sub = command.add_command("kubearmor", "Policies of KubeArmor");
  sub.add_option("FILE", arguments->files, "YAML with KubeArmorPolicy or KubeArmorHostPolicy")
      .required();
  add_output(sub, *arguments);
  sub.footer(consequences);
  sub.act(cli, [&cli, arguments] { return import_kubearmor(cli, *arguments); });
}

}  // namespace

void add_import(Command app, Cli& cli) {
  const auto arguments = std::make_shared<ImportArguments>();
  Command command = app.add_command("import", "Make profiles of another enforcer's policy");
  command.needs_command();
  Command apparmor = command.add_command("apparmor", "Profiles of AppArmor");
  apparmor.add_option("FILE", arguments->files, "Files, or folders of them").required();
  apparmor.add_option("-I,--include", arguments->search, "Look for <includes> in DIR first")
      .type_name("DIR")
      .repeatable();
  add_output(apparmor, *arguments);
  apparmor.footer(
      "Says what the result grants or refuses otherwise: warnings are looser, notes tighter.\n"
      "Profiles that refer to each other are imported together.");
  apparmor.act(cli, [&cli, arguments] { return import_apparmor(cli, *arguments); });
  add_seccomp(command, cli, arguments);
  add_systemd(command, cli, arguments);
  add_kubearmor(command, cli, arguments);
}

}  // namespace glacis::cli
