// SPDX-License-Identifier: Apache-2.0
// glacis explain: a profile or an image as it will be enforced, or what a
// diagnostic's code means.
#include "manager/image/explain.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "manager/base/similar.h"
#include "manager/cli/author.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/policy.h"
#include "manager/diag/render.h"

namespace glacis::cli {
namespace {

struct ExplainArguments {
  std::string subject;
  SearchOptions search;
};

bool looks_like_code(const std::string& word) {
  std::error_code ignored;
  return word.size() == 5 && (word[0] == 'G' || word[0] == 'g') &&
         (word[1] == 'L' || word[1] == 'l') &&
         word.find_first_not_of("0123456789", 2) == std::string::npos && !fs::exists(word, ignored);
}

Result<int> explain_code(const Cli& cli, const std::string& name) {
  const diag::CodeInfo* info = diag::find_code(name);
  if (info == nullptr)
    return fail(Exit::usage, fmt::format("there is no code {}", name), "man glacis-profile");
  if (cli.out.json) {
    cli.out.write_json({{"schema", "glacis.code/1"},
                        {"code", info->name},
                        {"severity", diag::word(info->severity)},
                        {"title", info->title},
                        {"explanation", info->explanation}});
  } else {
    cli.out.write(diag::render_code(*info));
  }
  return code(Exit::ok);
}

Result<int> explain(const Cli& cli, const ExplainArguments& arguments) {
  if (looks_like_code(arguments.subject)) return explain_code(cli, arguments.subject);
  profile::LoadOptions options = arguments.search.load_options();
  options.lint = false;
  const auto policy = open_policy(cli.out, arguments.subject, options);
  if (!policy) return std::unexpected(policy.error());
  const image::SourceMap* map = policy->map ? &*policy->map : nullptr;
  cli.out.write(cli.out.json ? image::explain_json(policy->view, map)
                             : image::explain_text(policy->view, map));
  return code(Exit::ok);
}

}  // namespace

void add_explain(Command app, Cli& cli) {
  const auto arguments = std::make_shared<ExplainArguments>();
  Command command =
      app.add_command("explain", "Show what a profile or image enforces, or what a code means");
  command.add_option("FILE", arguments->subject, "Profile, image, or code such as GL204")
      .required();
  arguments->search.add_to(command);
  command.act(cli, [&cli, arguments] { return explain(cli, *arguments); });
}

}  // namespace glacis::cli
