// SPDX-License-Identifier: Apache-2.0
// glacis coverage: how much of what a program does was seen.
#include "manager/learn/coverage.h"

#include <cstdlib>
#include <memory>

#include "manager/base/file.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/learned.h"
#include "manager/cli/watch.h"

namespace glacis::cli {
namespace {

struct CoverageArguments {
  std::string recording;
  std::string html;
};

bool utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
      return std::string_view(value).find("UTF-8") != std::string_view::npos ||
             std::string_view(value).find("utf8") != std::string_view::npos;
  return false;
}

Result<int> coverage(const Cli& cli, const CoverageArguments& arguments) {
  const auto recording = open_recording(cli.out, arguments.recording);
  if (!recording) return std::unexpected(recording.error());
  const auto suspicious = count_suspicious(cli.out, *recording);
  if (!suspicious) return std::unexpected(suspicious.error());
  const auto readiness = learn::readiness_of(*recording, *suspicious);
  if (!arguments.html.empty())
    if (auto done = write_file(arguments.html, learn::coverage_html(*recording, readiness)); !done)
      return std::unexpected(done.error());
  cli.out.write(cli.out.json ? learn::coverage_json(*recording, readiness)
                             : learn::coverage_text(*recording, readiness, !utf8()));
  return code(readiness.ready() ? Exit::ok : Exit::findings);
}

}  // namespace

void add_coverage(Command app, Cli& cli) {
  const auto arguments = std::make_shared<CoverageArguments>();
  Command command =
      app.add_command("coverage", "Say how much was seen, and whether that is enough");
  command.add_option("NAME", arguments->recording, "Profile, or an exported recording").required();
  command.add_option("--html", arguments->html, "Write a page to FILE too").type_name("FILE");
  command.footer("Exit status: 0 ready, 1 not ready.");
  command.act(cli, [&cli, arguments] { return coverage(cli, *arguments); });
}

}  // namespace glacis::cli
