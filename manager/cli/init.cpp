// SPDX-License-Identifier: Apache-2.0
// glacis init: a first profile of a program or a container image, to start
// learning with. It grants little, and refuses nothing.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "manager/base/fd.h"
#include "manager/base/file.h"
#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/import/draft.h"
#include "manager/init/image.h"
#include "manager/init/program.h"

namespace glacis::cli {
namespace {

namespace fs = std::filesystem;

struct InitArguments {
  std::string path;
  std::string from = "exec";
  std::string name;
  std::string to;
};

Result<init::Workload> image_workload(const std::string& path) {
  std::error_code ignored;
  auto text = fs::is_directory(path, ignored) ? init::config_of_layout(path)
                                              : read_file(path, init::image_config_max);
  if (!text) return std::unexpected(text.error());
  const auto config = init::read_image_config(*text);
  if (!config) return std::unexpected(config.error());
  return init::workload_of(*config, path);
}

// Never over a file that is there: it may be somebody's work.
Status write_new(const std::string& path, std::string_view text) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  bool good = static_cast<bool>(fd);
  while (good && !text.empty()) {
    const ssize_t put = ::write(fd.get(), text.data(), text.size());
    good = put >= 0 || errno == EINTR;
    if (put > 0) text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (good) return {};
  const int error = errno;
  if (fd) ::unlink(path.c_str());
  return fail(Exit::usage, fmt::format("cannot write {}: {}", shown(path),
                                       std::generic_category().message(error)));
}

Result<int> make(const Cli& cli, const InitArguments& arguments) {
  auto workload = arguments.from == "image" ? image_workload(arguments.path)
                                            : init::workload_of_program(arguments.path);
  if (!workload) return std::unexpected(workload.error());
  if (!arguments.name.empty()) workload->name = arguments.name;
  if (workload->name != import::profile_name(workload->name))
    return fail(Exit::usage, fmt::format("`{}` can't name a profile", shown(workload->name)),
                "give letters, digits, `.`, `-` and `_` with --name");
  const std::string text = init::first_profile(*workload);
  if (!arguments.to.empty())
    if (auto done = write_new(arguments.to, text); !done) return std::unexpected(done.error());
  if (cli.out.json) {
    Json json = {{"schema", "glacis.init/1"}, {"name", workload->name}, {"from", arguments.from}};
    if (arguments.to.empty()) json["text"] = text;
    if (!arguments.to.empty()) json["written"] = arguments.to;
    cli.out.write_json(json);
    return code(Exit::ok);
  }
  if (arguments.to.empty()) cli.out.write(text);
  cli.out.say(
      "{}: a first profile, which observes and refuses nothing\nnext: {}\n", workload->name,
      arguments.from == "image"
          ? "load it, run containers with it, and see what they do: glacis learn --help"
          : fmt::format("glacis learn start {} -- {}", workload->name, shown(arguments.path)));
  return code(Exit::ok);
}

}  // namespace

void add_init(Command app, Cli& cli) {
  const auto arguments = std::make_shared<InitArguments>();
  Command command = app.add_command("init", "Make a first profile, to start learning with");
  command.add_option("PATH", arguments->path, "Program, or what --from says").required();
  command.add_option("--from", arguments->from, "exec (a program) or image (see the manual)")
      .type_name("KIND")
      .one_of({"exec", "image"});
  command.add_option("--name", arguments->name, "Name the profile so").type_name("NAME");
  command.add_option("-o", arguments->to, "Write it to FILE, which must not be there yet")
      .type_name("FILE");
  command.footer("Nothing is put in force. No root is needed.");
  command.act(cli, [&cli, arguments] { return make(cli, *arguments); });
}

}  // namespace glacis::cli
