// SPDX-License-Identifier: Apache-2.0
// glacis compile: a profile to its policy image and source map.
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/base/file.h"
#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/policy.h"

namespace glacis::cli {
namespace {

struct CompileArguments {
  std::string file;
  std::string to;
  SearchOptions search;
};

void report(const Cli& cli, const Compiled& compiled, const fs::path& to, const fs::path& map) {
  const image::Image& image = compiled.image;
  const std::size_t room = image::size_class_bytes(image::size_class(image.bytes.size()).value());
  if (cli.out.json) {
    cli.out.write_json({{"schema", "glacis.compile/1"},
                        {"profile", compiled.profile.name},
                        {"image", digest_text(image.digest)},
                        {"file", shown(to.native())},
                        {"map", shown(map.native())},
                        {"bytes", image.bytes.size()},
                        {"size_class", room},
                        {"states", image.stats.states},
                        {"rules", compiled.profile.rules.size()},
                        {"warnings", compiled.warnings}});
    return;
  }
  if (cli.out.quiet) return;
  cli.out.print("profile  {}\n", shown(compiled.profile.name));
  cli.out.print("image    {}\n", digest_text(image.digest));
  cli.out.print("size     {} bytes, class {} KiB\n", image.bytes.size(), room / 1024);
  cli.out.print("states   {}\n", image.stats.states);
  cli.out.print("rules    {}\n", compiled.profile.rules.size());
  cli.out.print("wrote    {} and {}\n", shown(to.native()), shown(map.native()));
}

Result<int> compile_file(const Cli& cli, const CompileArguments& arguments) {
  const auto compiled = compile(cli.out, arguments.file, arguments.search.load_options());
  if (!compiled) return std::unexpected(compiled.error());
  fs::path to = arguments.to;
  if (to.empty()) to = fs::path(arguments.file).filename().replace_extension(".image");
  const fs::path map = map_path(to);
  if (map == to || map.filename() == ".map.json")
    return fail(Exit::usage, fmt::format("{} cannot be an image's name", shown(to.native())));
  const std::vector<std::byte>& bytes = compiled->image.bytes;
  // The map first: an image without its map is of use, the other way round not.
  if (auto done = write_file(map, image::to_json(compiled->image.source_map)); !done)
    return std::unexpected(done.error());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (auto done = write_file(to, text); !done) return std::unexpected(done.error());
  report(cli, *compiled, to, map);
  return code(Exit::ok);
}

}  // namespace

void add_compile(Command app, Cli& cli) {
  const auto arguments = std::make_shared<CompileArguments>();
  Command command = app.add_command("compile", "Write a profile's policy image");
  command.add_option("FILE", arguments->file, "Profile").required();
  command.add_option("-o", arguments->to, "Image to write; OUT.map.json is written beside it")
      .type_name("OUT.image");
  arguments->search.add_to(command);
  command.act(cli, [&cli, arguments] { return compile_file(cli, *arguments); });
}

}  // namespace glacis::cli
