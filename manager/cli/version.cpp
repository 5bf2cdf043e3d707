// SPDX-License-Identifier: Apache-2.0
// glacis version, and the hidden `completion` that prints the shell's file.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "lsm/abi/image.h"
#include "manager/cli/cli.h"
#include "manager/cli/completion.h"

namespace glacis::cli {
namespace {

Result<int> version(const Cli& cli) {
  if (cli.out.json) {
    cli.out.write_json(
        {{"schema", "glacis.version/1"}, {"version", GLACIS_VERSION}, {"abi", GL_ABI}});
  } else {
    cli.out.print("glacis {} (ABI {})\n", GLACIS_VERSION, GL_ABI);
  }
  return code(Exit::ok);
}

}  // namespace

void add_version(CLI::App& app, Cli& cli) {
  CLI::App* command = app.add_subcommand("version", "Show the version");
  command->callback([&cli] { cli.action = [&cli] { return version(cli); }; });
}

void add_completion(CLI::App& app, Cli& cli) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a shell's completions");
  command->group("");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&app, &cli, shell] {
    cli.action = [&app, &cli, shell]() -> Result<int> {
      cli.out.write(completions(app, *shell));
      return code(Exit::ok);
    };
  });
}

}  // namespace glacis::cli
