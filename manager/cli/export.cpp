// SPDX-License-Identifier: Apache-2.0
// glacis export: a profile for another enforcer. Nothing is changed.
#include "manager/export/export.h"

#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "manager/backend/seccomp/oci.h"
#include "manager/base/file.h"
#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/policy.h"
#include "manager/diag/render.h"

namespace glacis::cli {
namespace {

struct Arguments {
  std::string file;
  std::string format = "oci";
  std::string to;
  bool strict = false;
  bool host = false;
  SearchOptions search;
};

Result<int> export_seccomp(const Cli& cli, const Arguments& arguments) {
  const auto opened = open_policy(cli.out, arguments.file, arguments.search.load_options());
  if (!opened) return std::unexpected(opened.error());
  const image::SourceMap* map = opened->map ? &*opened->map : nullptr;
  const seccomp::Policy policy = seccomp::policy_of(opened->view);
  if (arguments.format == "text" && !cli.out.json) {
    cli.out.write(seccomp::text(policy, map));
    return code(Exit::ok);
  }
  const auto json = seccomp::oci_json(policy, seccomp::this_machine(), map);
  if (!json) return std::unexpected(json.error());
  cli.out.write(*json);
  return code(Exit::ok);
}

using Writer = std::string (*)(const profile::ResolvedProfile&, const Arguments&,
                               exports::Findings&);

struct Target {
  const char* name;
  const char* about;
  const char* footer;
  Writer write;
};

constexpr Target targets[] = {
    {"apparmor", "A profile of AppArmor",
     "For apparmor_parser 3.0 or later. Says what it grants or refuses otherwise: warnings are\n"
     "looser, notes tighter.",
     [](const profile::ResolvedProfile& profile, const Arguments&, exports::Findings& findings) {
       return exports::apparmor(profile, findings);
     }},
    {"kubearmor", "A policy of KubeArmor",
     "Says what it grants or refuses otherwise: warnings are looser, notes tighter. What is not\n"
     "allowed is refused only where the default posture is block.",
     [](const profile::ResolvedProfile& profile, const Arguments& arguments,
        exports::Findings& findings) {
       return exports::kubearmor(profile, arguments.host, findings);
     }},
    {"systemd", "A drop-in for a unit of systemd",
     "Says what it grants or refuses otherwise: warnings are looser, notes tighter.",
     [](const profile::ResolvedProfile& profile, const Arguments&, exports::Findings& findings) {
       return exports::systemd(profile, findings);
     }},
};

Json result_json(const Target& target, const Attempt& made, const diag::Diagnostics& said,
                 const std::string& text, bool written) {
  Json json = {{"schema", "glacis.export/1"},
               {"target", target.name},
               {"profile", made.profile->name},
               {"valid", written},
               {"text", text}};
  Json inner = Json::parse(diag::render_json(said, made.sources));
  inner.erase("schema");
  json.update(inner);
  return json;
}

Result<int> export_text(const Cli& cli, const Target& target, const Arguments& arguments) {
  profile::LoadOptions options = arguments.search.load_options();
  options.lint = false;
  if (is_image(arguments.file))
    return fail(Exit::usage, "an image does not hold all that a profile says",
                "export the profile that it was made of");
  const Attempt made = attempt(arguments.file, options);
  if (!made.image || !made.profile) {
    const auto refused = compile(cli.out, arguments.file, options);
    return refused ? fail(Exit::bug, "the profile compiles now") : std::unexpected(refused.error());
  }
  exports::Findings findings;
  const std::string text = target.write(*made.profile, arguments, findings);
  diag::Diagnostics said;
  findings.write_to(said);
  said.sort();
  const bool written = !arguments.strict || said.warnings() == 0;
  if (written && !arguments.to.empty()) {
    if (auto done = write_file(arguments.to, text); !done) return std::unexpected(done.error());
  }
  if (cli.out.json) {
    cli.out.write_json(result_json(target, made, said, text, written));
  } else {
    const auto colour = cli.out.coloured(STDERR_FILENO) ? diag::Colour::on : diag::Colour::off;
    if (!cli.out.quiet) cli.out.tell(diag::render_text(said, made.sources, colour));
    if (written && arguments.to.empty()) cli.out.write(text);
    if (!written) cli.out.say("nothing is written: with --strict nothing may become looser\n");
  }
  return code(written ? Exit::ok : Exit::findings);
}

void add_text(CLI::App& command, Cli& cli, const std::shared_ptr<Arguments>& arguments,
              const Target& target) {
  CLI::App* sub = command.add_subcommand(target.name, target.about);
  sub->add_option("FILE", arguments->file, "Profile")->required();
  sub->add_option("-o", arguments->to, "Write to FILE and not to the standard output")
      ->type_name("FILE");
  sub->add_flag("--strict", arguments->strict, "Write nothing if anything would become looser");
  if (std::string_view(target.name) == "kubearmor")
    sub->add_flag("--host", arguments->host, "Write a KubeArmorHostPolicy, for nodes");
  arguments->search.add_to(*sub);
  sub->footer(target.footer);
  sub->callback([&cli, arguments, &target] {
    cli.action = [&cli, arguments, &target] { return export_text(cli, target, *arguments); };
  });
}

}  // namespace

void add_export(CLI::App& app, Cli& cli) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("export", "Write a profile for another enforcer");
  command->require_subcommand(1);
  CLI::App* seccomp = command->add_subcommand("seccomp", "System calls, for container runtimes");
  seccomp->add_option("FILE", arguments->file, "Profile or image")->required();
  seccomp->add_option("--format", arguments->format, "oci (for docker, podman, runc, crun) or text")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"oci", "text"}));
  arguments->search.add_to(*seccomp);
  seccomp->footer(
      "docker and podman take the result with --security-opt seccomp=FILE. A list of calls\n"
      "must have those that the runtime itself makes before it starts the program.");
  seccomp->callback([&cli, arguments] {
    cli.action = [&cli, arguments] { return export_seccomp(cli, *arguments); };
  });
  for (const Target& target : targets) add_text(*command, cli, arguments, target);
}

}  // namespace glacis::cli
