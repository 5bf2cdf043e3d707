// SPDX-License-Identifier: Apache-2.0
// glacis version, and the hidden `completion` that prints the shell's file.
#include <memory>
#include <nlohmann/json.hpp>

#include "lsm/abi/image.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
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

void add_version(Command app, Cli& cli) {
  Command command = app.add_command("version", "Show the version");
  command.act(cli, [&cli] { return version(cli); });
}

void add_completion(Command app, Cli& cli) {
  const auto shell = std::make_shared<std::string>();
  Command command = app.add_command("completion", "Print a shell's completions");
  command.hide();
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      .required()
      .one_of({"bash", "zsh", "fish"});
  command.act(cli, [app, &cli, shell]() -> Result<int> {
    cli.out.write(completions(app.app(), *shell));
    return code(Exit::ok);
  });
}

}  // namespace glacis::cli
