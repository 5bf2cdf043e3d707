// SPDX-License-Identifier: Apache-2.0
// glacis correlate: whose session caused a refusal, by the audit records of API servers.
#include <algorithm>
#include <filesystem>
#include <memory>

#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/evidence_log.h"
#include "manager/cli/host.h"
#include "manager/correlate/join.h"
#include "manager/correlate/render.h"
#include "manager/evidence/recorder.h"
#include "manager/evidence/render.h"

namespace glacis::cli {
namespace {

constexpr std::int64_t kLongestTolerance = 3600;

struct CorrelateArguments {
  std::vector<std::string> k8s, cloudtrail;
  std::string file, domain, grade;
  std::int64_t tolerance = 3;
};

Status read_all(const std::vector<std::string>& files, const correlate::Reader& reader,
                std::vector<correlate::Source>& out) {
  for (const std::string& file : files) {
    auto source = correlate::read_source(reader, file);
    if (!source) return std::unexpected(source.error());
    out.push_back(std::move(*source));
  }
  return {};
}

Result<std::vector<correlate::Source>> read_sources(const CorrelateArguments& arguments) {
  if (arguments.k8s.empty() && arguments.cloudtrail.empty())
    return fail(Exit::usage, "no audit records were given",
                "name a file with --k8s-audit or --cloudtrail");
  const auto stdins =
      std::ranges::count(arguments.k8s, "-") + std::ranges::count(arguments.cloudtrail, "-");
  if (stdins > 1) return fail(Exit::usage, "the standard input can be read once only");
  std::vector<correlate::Source> out;
  for (const auto& [files, reader] : {std::pair(&arguments.k8s, correlate::k8s_audit()),
                                      std::pair(&arguments.cloudtrail, correlate::cloudtrail())})
    if (auto status = read_all(*files, *reader, out); !status)
      return std::unexpected(status.error());
  return out;
}

// Root on a host with enforcement first moves what the kernel recorded to the log.
Status bring_up_to_date(const Cli& cli, const CorrelateArguments& arguments) {
  if (!arguments.file.empty() || ::geteuid() != 0) return {};
  auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (*enforcer) drain_evidence(cli.out, **enforcer);
  return {};
}

Result<evidence::Listing> read_evidence(const Cli& cli, const CorrelateArguments& arguments) {
  if (auto status = bring_up_to_date(cli, arguments); !status)
    return std::unexpected(status.error());
  const std::filesystem::path log = arguments.file.empty() ? evidence::log_path : arguments.file;
  std::error_code ignored;
  if (!arguments.file.empty() && !std::filesystem::exists(log, ignored))
    return fail(Exit::usage, fmt::format("there is no file {}", shown(arguments.file)));
  evidence::Query query;
  if (!arguments.domain.empty()) query.domain = arguments.domain;
  query.grade = evidence::grade_of(arguments.grade);
  return evidence::read_log(log, query, nullptr);
}

Result<int> correlate_all(const Cli& cli, const CorrelateArguments& arguments) {
  auto sources = read_sources(arguments);
  if (!sources) return std::unexpected(sources.error());
  const auto listing = read_evidence(cli, arguments);
  if (!listing) return std::unexpected(listing.error());
  const correlate::Options options{arguments.tolerance * correlate::second};
  const auto found = correlate::correlate(*listing, *sources, options);
  if (cli.out.json)
    cli.out.write_json(correlate::correlation_json(found, *sources, options));
  else
    cli.out.write(correlate::correlation_text(found));
  if (!cli.out.json && !cli.out.quiet)
    cli.out.tell(correlate::summary_text(found, *sources, options));
  if (!listing->problems.empty()) cli.out.tell(evidence::problems_text(listing->problems));
  // What could not be read may be what somebody wanted nobody to read.
  const bool all =
      listing->problems.empty() && std::ranges::all_of(*sources, [](const correlate::Source& one) {
        return one.bad == 0 && one.over == 0;
      });
  return code(found.named.empty() && all ? Exit::ok : Exit::findings);
}

}  // namespace

void add_correlate(Command app, Cli& cli) {
  const auto arguments = std::make_shared<CorrelateArguments>();
  Command command = app.add_command("correlate", "Name whose session caused a refusal");
  command.add_option("--k8s-audit", arguments->k8s, "Audit records of a Kubernetes API server")
      .type_name("FILE|-");
  command.add_option("--cloudtrail", arguments->cloudtrail, "Records of AWS CloudTrail")
      .type_name("FILE|-");
  command
      .add_option("--clock-tolerance", arguments->tolerance,
                  "Seconds by which their clock and ours may differ (3)")
      .type_name("N")
      .within(0, kLongestTolerance, false);
  command.add_option("--domain", arguments->domain, "Only this profile's").type_name("NAME");
  add_grade(command, arguments->grade);
  command.add_option("--file", arguments->file, "Read this log").type_name("FILE");
  command.footer(
      "A request and a process have no number in common: each answer says what fits, and\n"
      "how far that can be relied on (high, medium, low).\n"
      "Exit status 1: somebody is named, or a part of what was read was not understood.");
  command.act(cli, [&cli, arguments] { return correlate_all(cli, *arguments); });
}

}  // namespace glacis::cli
