// SPDX-License-Identifier: Apache-2.0
// glacis diff: what a change of a profile changes in what it permits.
#include "manager/profile/diff.h"

#include <memory>

#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/policy.h"

namespace glacis::cli {
namespace {

struct DiffArguments {
  std::string before, after;
  SearchOptions search;
};

Result<int> diff_files(const Cli& cli, const DiffArguments& arguments) {
  profile::LoadOptions options = arguments.search.load_options();
  options.lint = false;
  const auto before = compile(cli.out, arguments.before, options);
  if (!before) return std::unexpected(before.error());
  const auto after = compile(cli.out, arguments.after, options);
  if (!after) return std::unexpected(after.error());
  const auto differences = profile::diff(before->profile, after->profile);
  cli.out.write(cli.out.json ? profile::diff_json(differences) : profile::diff_text(differences));
  if (differences.empty()) cli.out.say("both permit the same\n");
  return code(differences.empty() ? Exit::ok : Exit::findings);
}

}  // namespace

void add_diff(Command app, Cli& cli) {
  const auto arguments = std::make_shared<DiffArguments>();
  Command command = app.add_command("diff", "Show what a change of a profile changes");
  command.add_option("BEFORE", arguments->before, "Profile").required();
  command.add_option("AFTER", arguments->after, "Profile").required();
  arguments->search.add_to(command);
  command.act(cli, [&cli, arguments] { return diff_files(cli, *arguments); });
}

}  // namespace glacis::cli
