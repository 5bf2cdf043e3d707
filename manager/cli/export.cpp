// SPDX-License-Identifier: Apache-2.0
// glacis export: profiles for another enforcer. One goes to the standard output or
// to a file, more of them to a folder. What was exported from is not changed.
#include "manager/export/export.h"

#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "manager/backend/seccomp/oci.h"
#include "manager/base/file.h"
#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/policy.h"
#include "manager/diag/render.h"
#include "manager/image/reader.h"
#include "manager/profile/validate.h"

namespace glacis::cli {
namespace {

struct ExportArguments {
  std::vector<std::string> files;
  std::string format = "oci";  // seccomp
  std::string to;
  bool strict = false;
  bool host = false;        // kubearmor
  std::string abi = "3.0";  // apparmor
  SearchOptions search;
};

using exports::Findings;
using Writer = Result<std::string> (*)(const Attempt&, const ExportArguments&, Findings&);

struct Format {
  const char* name;
  const char* ending;  // of the file's name
  const char* about;
  const char* footer;
  Writer write;
};

// A profile in the target's language, and what that changes in meaning.
struct Exported {
  std::string name;
  std::string text;
  diag::Diagnostics said;
  diag::SourceSet sources;
};

Result<std::string> filter_of(const image::ImageView& view, const image::SourceMap* map,
                              const ExportArguments& arguments) {
  const seccomp::Policy policy = seccomp::policy_of(view);
  if (arguments.format == "text") return seccomp::text(policy, map);
  return seccomp::oci_json(policy, seccomp::this_machine(), map);
}

Result<std::string> write_seccomp(const Attempt& made, const ExportArguments& arguments,
                                  Findings& findings) {
  exports::seccomp_limits(*made.profile, findings);
  const auto view = image::read(made.image->bytes);
  if (!view) return std::unexpected(view.error());
  return filter_of(*view, &made.image->source_map, arguments);
}

constexpr Format targets[] = {
    {"seccomp", ".json", "System calls, for container runtimes",
     "docker and podman take the result with --security-opt seccomp=FILE. A list of calls\n"
     "must have those that the runtime itself makes before it starts the program. Says what a\n"
     "filter can't ask about; an image in place of a profile names no rules, and nothing is said.",
     write_seccomp},
    {"apparmor", "", "Profiles of AppArmor",
     "For apparmor_parser 3.0 or later; with --abi 4.0 for 4.0 or later, and with addresses and\n"
     "ports of sockets. Says what it grants or refuses otherwise: warnings are looser, notes\n"
     "tighter.",
     [](const Attempt& made, const ExportArguments& arguments,
        Findings& findings) -> Result<std::string> {
       exports::AppArmorUse use;
       use.addresses = arguments.abi == "4.0";
       return exports::apparmor(*made.profile, findings, use);
     }},
    {"kubearmor", ".yaml", "Policies of KubeArmor",
     "Says what it grants or refuses otherwise: warnings are looser, notes tighter. What is not\n"
     "allowed is refused only where the default posture is block.",
     [](const Attempt& made, const ExportArguments& arguments,
        Findings& findings) -> Result<std::string> {
       return exports::kubearmor(*made.profile, arguments.host, findings);
     }},
    {"systemd", ".conf", "Drop-ins for units of systemd",
     "Says what it grants or refuses otherwise: warnings are looser, notes tighter.",
     [](const Attempt& made, const ExportArguments&, Findings& findings) -> Result<std::string> {
       return exports::systemd(*made.profile, findings);
     }},
};
constexpr const Format& kSeccomp = targets[0];

// An image holds no more than a filter needs.
Result<Exported> export_image(const Cli& cli, const Format& target,
                              const ExportArguments& arguments, const std::string& file) {
  if (&target != &kSeccomp)
    return fail(Exit::usage, "an image does not hold all that a profile says",
                "export the profile that it was made of");
  const auto opened = open_policy(cli.out, file, {});
  if (!opened) return std::unexpected(opened.error());
  auto text = filter_of(opened->view, opened->map ? &*opened->map : nullptr, arguments);
  if (!text) return std::unexpected(text.error());
  // The map beside an image is a file like any other: no path is made of what is no name.
  const bool named = profile::is_profile_name(opened->name);
  const std::string name = named ? opened->name : fs::path(file).stem().string();
  return Exported{name, std::move(*text), {}, {}};
}

Result<Exported> export_one(const Cli& cli, const Format& target, const ExportArguments& arguments,
                            const std::string& file) {
  if (is_image(file)) return export_image(cli, target, arguments, file);
  profile::LoadOptions options = arguments.search.load_options();
  options.lint = false;
  Attempt made = attempt(file, options);
  if (!made.image || !made.profile) {
    const auto refused = compile(cli.out, file, options);
    return refused ? fail(Exit::bug, "the profile compiles now") : std::unexpected(refused.error());
  }
  Findings findings;
  auto text = target.write(made, arguments, findings);
  if (!text) return std::unexpected(text.error());
  Exported out{made.profile->name, std::move(*text), {}, {}};
  findings.write_to(out.said);
  out.said.sort();
  out.sources = std::move(made.sources);
  return out;
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// Of a folder the names that glacisd reads too.
Result<std::vector<std::string>> profiles_of(const std::vector<std::string>& files) {
  std::vector<std::string> out;
  for (const std::string& file : files) {
    if (!is_folder(file)) {
      out.push_back(file);
      continue;
    }
    const auto names = profile::DiskFiles().list(file);
    if (!names) return fail(Exit::usage, fmt::format("{}: {}", shown(file), names.error().what));
    for (const std::string& name : *names)
      if (name.ends_with(".toml") && !name.starts_with('.'))
        out.push_back((fs::path(file) / name).native());
  }
  if (out.empty()) return fail(Exit::usage, "there are no profiles in this folder");
  return out;
}

Status write_folder(const Format& target, const ExportArguments& arguments,
                    const std::vector<Exported>& all) {
  std::error_code failed;
  fs::create_directories(arguments.to, failed);
  if (failed)
    return fail(Exit::usage,
                fmt::format("cannot make {}: {}", shown(arguments.to), failed.message()));
  const std::string ending = arguments.format == "text" ? ".txt" : target.ending;
  for (const Exported& one : all) {
    if (auto done = write_file(fs::path(arguments.to) / (one.name + ending), one.text); !done)
      return done;
  }
  return {};
}

Json to_json(const Exported& one) {
  Json json = {{"profile", one.name}, {"text", one.text}};
  Json inner = Json::parse(diag::render_json(one.said, one.sources));
  inner.erase("schema");
  json.update(inner);
  return json;
}

void show_json(const Cli& cli, const Format& target, const std::vector<Exported>& all, bool many,
               bool valid) {
  if (!many && &target == &kSeccomp) {
    cli.out.write(all.front().text);  // what a runtime takes
    return;
  }
  Json json = {{"schema", "glacis.export/1"}, {"target", target.name}, {"valid", valid}};
  if (many) {
    json["profiles"] = Json::array();
    for (const Exported& one : all) json["profiles"].push_back(to_json(one));
  } else {
    json.update(to_json(all.front()));
  }
  cli.out.write_json(json);
}

Result<int> finish(const Cli& cli, const Format& target, const ExportArguments& arguments,
                   const std::vector<Exported>& all, bool many) {
  std::size_t looser = 0;
  std::set<std::string> names;
  for (const Exported& one : all) {
    if (one.said.warnings() != 0) ++looser;
    if (!names.insert(one.name).second)
      return fail(Exit::usage,
                  fmt::format("two of these are named `{}`; nothing is written", shown(one.name)));
  }
  const bool written = !arguments.strict || looser == 0;
  if (written && !arguments.to.empty()) {
    const auto done =
        many ? write_folder(target, arguments, all) : write_file(arguments.to, all.front().text);
    if (!done) return std::unexpected(done.error());
  }
  if (cli.out.json) {
    show_json(cli, target, all, many, written);
    return code(written ? Exit::ok : Exit::findings);
  }
  const auto colour = cli.out.coloured(STDERR_FILENO) ? diag::Colour::on : diag::Colour::off;
  for (const Exported& one : all)
    if (!cli.out.quiet) cli.out.tell(diag::render_text(one.said, one.sources, colour));
  if (!written) {
    cli.out.say("nothing is written: with --strict nothing may become looser\n");
  } else if (many) {
    cli.out.say("{} written to {}, {} looser there in some way\n", counted(all.size(), "profile"),
                shown(arguments.to), grouped(looser));
  } else if (arguments.to.empty()) {
    cli.out.write(all.front().text);
  }
  return code(written ? Exit::ok : Exit::findings);
}

// All are made before the first is written.
Result<int> export_files(const Cli& cli, const Format& target, ExportArguments arguments) {
  if (cli.out.json) arguments.format = "oci";
  const bool many = arguments.files.size() > 1 || is_folder(arguments.files.front());
  if (many && arguments.to.empty() && !cli.out.json)
    return fail(Exit::usage, "one profile fits the standard output, and there may be more",
                "write them to a folder with -o DIR");
  const auto paths = profiles_of(arguments.files);
  if (!paths) return std::unexpected(paths.error());
  std::vector<Exported> all;
  for (const std::string& path : *paths) {
    auto one = export_one(cli, target, arguments, path);
    if (!one) return std::unexpected(one.error());
    all.push_back(std::move(*one));
  }
  return finish(cli, target, arguments, all, many);
}

void add_target(Command command, Cli& cli, const std::shared_ptr<ExportArguments>& arguments,
                const Format& target) {
  Command sub = command.add_command(target.name, target.about);
  const bool filter = &target == &kSeccomp;
  sub.add_option("FILE", arguments->files,
                 filter ? "Profiles, folders of them, or images" : "Profiles, or folders of them")
      .required();
  sub.add_option("-o", arguments->to,
                 "Write to FILE; of more than one profile, or a folder, into the folder FILE")
      .type_name("FILE");
  if (filter) {
    sub.add_option("--format", arguments->format, "oci (for docker, podman, runc, crun) or text")
        .type_name("FORMAT")
        .one_of({"oci", "text"});
  } else {
    sub.add_flag("--strict", arguments->strict, "Write nothing if anything would become looser");
  }
  if (std::string_view(target.name) == "apparmor")
    sub.add_option("--abi", arguments->abi, "3.0 (the default) or 4.0, which has addresses")
        .type_name("ABI")
        .one_of({"3.0", "4.0"});
  if (std::string_view(target.name) == "kubearmor")
    sub.add_flag("--host", arguments->host, "Write a KubeArmorHostPolicy, for nodes");
  arguments->search.add_to(sub);
  sub.footer(target.footer);
  sub.act(cli, [&cli, arguments, &target] { return export_files(cli, target, *arguments); });
}

}  // namespace

void add_export(Command app, Cli& cli) {
  const auto arguments = std::make_shared<ExportArguments>();
  Command command = app.add_command("export", "Write profiles for another enforcer");
  command.needs_command();
  for (const Format& target : targets) add_target(command, cli, arguments, target);
}

}  // namespace glacis::cli
