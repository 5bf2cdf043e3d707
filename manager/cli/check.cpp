// SPDX-License-Identifier: Apache-2.0
// glacis check: what is wrong with profiles. Nothing is changed.
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/policy.h"
#include "manager/diag/render.h"

namespace glacis::cli {
namespace {

struct CheckArguments {
  std::vector<std::string> files;
  std::string root = "/";
  bool concise = false;
  SearchOptions search;
};

// 0: in order, 1: errors, 2: a file that is no profile at all.
int code_of(const Attempt& tried) {
  if (tried.image) return code(Exit::ok);
  const auto unreadable = [](const diag::Diagnostic& one) {
    return one.code == diag::Code::GL103 || one.code == diag::Code::GL104 ||
           one.code == diag::Code::GL105;
  };
  return std::ranges::any_of(tried.diagnostics.all(), unreadable) ? code(Exit::usage)
                                                                  : code(Exit::findings);
}

Json to_json(const std::string& file, const Attempt& tried) {
  Json out = {{"file", shown(file)}, {"valid", tried.image.has_value()}};
  if (tried.profile) out["profile"] = tried.profile->name;
  if (tried.image) {
    out["image"] = digest_text(tried.image->digest);
    out["bytes"] = tried.image->bytes.size();
    out["rules"] = tried.profile->rules.size();
  }
  Json inner = Json::parse(diag::render_json(tried.diagnostics, tried.sources));
  inner.erase("schema");
  out.update(inner);
  return out;
}

void print_text(const Cli& cli, const std::string& file, const Attempt& tried, bool concise) {
  if (concise) {
    cli.out.write(diag::render_concise(tried.diagnostics, tried.sources));
    return;
  }
  const auto colour = cli.out.coloured(STDOUT_FILENO) ? diag::Colour::on : diag::Colour::off;
  cli.out.write(diag::render_text(tried.diagnostics, tried.sources, colour));
  std::string line = diag::summary(tried.diagnostics, file);
  if (tried.image)
    line += fmt::format(" ({}, {} bytes)", counted(tried.profile->rules.size(), "rule"),
                        tried.image->bytes.size());
  if (!cli.out.quiet || !tried.image) cli.out.print("{}\n", line);
}

// Transitions to profiles that none of the files has.
void note_targets(std::vector<Attempt>& all) {
  std::set<std::string> names;
  for (const Attempt& tried : all)
    if (tried.profile) names.insert(tried.profile->name);
  for (Attempt& tried : all) {
    if (!tried.profile) continue;
    for (const profile::Rule& rule : tried.profile->rules) {
      const auto* path = std::get_if<profile::PathRule>(&rule.body);
      if (path == nullptr || !path->transition || path->transition->to.empty() ||
          names.contains(path->transition->to))
        continue;
      tried.diagnostics
          .add(diag::Code::GL405,
               fmt::format("the profile `{}` is not among the files checked", path->transition->to))
          .at(rule.span)
          .note("the exec is refused until that profile is loaded");
    }
    tried.diagnostics.sort();
  }
}

Result<int> check(const Cli& cli, const CheckArguments& arguments) {
  profile::LoadOptions options = arguments.search.load_options();
  options.root = arguments.root;
  Json files = Json::array();
  int worst = code(Exit::ok);
  std::vector<Attempt> all;
  for (const std::string& file : arguments.files) all.push_back(attempt(file, options));
  note_targets(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string& file = arguments.files[i];
    const Attempt& tried = all[i];
    worst = std::max(worst, code_of(tried));
    if (cli.out.json) {
      files.push_back(to_json(file, tried));
    } else {
      print_text(cli, file, tried, arguments.concise);
    }
  }
  if (cli.out.json)
    cli.out.write_json(
        {{"schema", "glacis.check/1"}, {"valid", worst == 0}, {"files", std::move(files)}});
  return worst;
}

}  // namespace

void add_check(Command app, Cli& cli) {
  const auto arguments = std::make_shared<CheckArguments>();
  Command command = app.add_command("check", "Say what is wrong with profiles");
  command.add_option("FILE", arguments->files, "Profiles").required();
  command.add_option("--root", arguments->root, "Look for symlinks below DIR (default /)")
      .type_name("DIR");
  command.add_flag("--concise", arguments->concise, "One line for each finding");
  arguments->search.add_to(command);
  command.act(cli, [&cli, arguments] { return check(cli, *arguments); });
}

}  // namespace glacis::cli
