// SPDX-License-Identifier: Apache-2.0
// glacis report: what happened, as a file for people.
#include <unistd.h>

#include <map>
#include <memory>
#include <set>

#include "manager/base/file.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/evidence_log.h"
#include "manager/cli/host.h"
#include "manager/cli/policy.h"
#include "manager/cli/watch.h"
#include "manager/evidence/list.h"
#include "manager/evidence/names.h"
#include "manager/evidence/verify.h"
#include "manager/learn/drop_in.h"
#include "manager/learn/unused.h"
#include "manager/profile/validate.h"
#include "manager/report/html.h"

namespace glacis::cli {
namespace {

struct ReportArguments {
  std::string out, file, domain, grade, key;
  std::uint64_t since = 0;
  std::size_t last = 0;
};

// Of the images that the records name, as far as they are here.
std::vector<image::SourceMap> maps_of(const evidence::Listing& listing) {
  std::set<std::pair<std::string, std::string>> images;  // and whose
  for (const evidence::Entry& entry : listing.entries)
    if (auto image = evidence::text_of(entry.record, "image"))
      images.emplace(std::move(*image), evidence::text_of(entry.record, "domain").value_or(""));
  evidence::SourceMaps maps;
  std::vector<image::SourceMap> out;
  for (const auto& [image, domain] : images) {
    constexpr std::string_view kind = "blake2b:";
    if (!image.starts_with(kind)) continue;
    const auto digest = evidence::parse_hash(std::string_view(image).substr(kind.size()));
    if (const auto* map = digest ? maps.find(*digest, domain) : nullptr) out.push_back(*map);
  }
  return out;
}

// Of images whose profile is still as it was, and for which there is a recording.
std::map<std::string, report::GrantUse> uses_of(const Output& out,
                                                const std::vector<image::SourceMap>& maps) {
  std::map<std::string, report::GrantUse> all;
  for (const image::SourceMap& map : maps) {
    if (!profile::is_profile_name(map.profile)) continue;
    const auto now = attempt(profile_path(map.profile), {});
    if (!now.image || now.image->digest != map.image) continue;
    const auto recording = current_recording(out, map.profile);
    const auto uses = recording ? learn::uses_of(*recording, *now.profile)
                                : Result<learn::Uses>(std::unexpected(recording.error()));
    if (!uses || uses->runs == 0) continue;
    report::GrantUse& use = all["blake2b:" + image::hex(map.image)];
    use.runs = uses->runs;
    for (const auto& [rule, when] : uses->last) use.last[rule] = learn::time_text(when);
  }
  return all;
}

Result<evidence::Expected> expected(const ReportArguments& arguments) {
  evidence::Expected out;
  if (!arguments.key.empty()) {
    const auto text = read_file(arguments.key, 4096);
    if (!text) return std::unexpected(text.error());
    const auto key = evidence::parse_key(text->substr(0, text->find('\n')));
    if (!key) return fail(Exit::usage, fmt::format("there is no key in {}", shown(arguments.key)));
    out.keys.push_back(*key);
  } else if (arguments.file.empty() && ::geteuid() == 0) {
    const auto own = evidence::Keys::look(evidence::Where().keys);
    if (own && *own) out.keys.push_back(**own);
  }
  return out;
}

Result<int> report(const Cli& cli, const ReportArguments& arguments, bool by_sequence) {
  const fs::path log =
      arguments.file.empty() ? fs::path(evidence::log_path) : fs::path(arguments.file);
  std::error_code ignored;
  if (!fs::exists(log, ignored))
    return fail(Exit::usage, fmt::format("there is no file {}", shown(log.native())));
  evidence::Query query;
  if (!arguments.domain.empty()) query.domain = arguments.domain;
  query.grade = evidence::grade_of(arguments.grade);
  if (by_sequence) query.since_seq = arguments.since;
  if (arguments.last != 0) query.last = arguments.last;
  auto listing = evidence::read_log(log, query, nullptr);
  if (!listing) return std::unexpected(listing.error());
  const auto known = expected(arguments);
  if (!known) return std::unexpected(known.error());
  auto verified = evidence::verify_log(log, *known);
  if (!verified) return std::unexpected(verified.error());
  const bool intact = verified->intact();
  auto maps = maps_of(*listing);
  auto uses = uses_of(cli.out, maps);
  const std::string html = report::incident_html(
      {std::move(*listing), std::move(*verified), std::move(maps), std::move(uses), log.native(),
       evidence::time_text(evidence::here(0).now), GLACIS_VERSION});
  if (auto status = write_file(arguments.out, html, 0600); !status)
    return std::unexpected(status.error());
  if (!intact) cli.out.tell("the chain of this log is broken; the report says where\n");
  return code(intact ? Exit::ok : Exit::findings);
}

}  // namespace

void add_report(Command app, Cli& cli) {
  const auto arguments = std::make_shared<ReportArguments>();
  Command command = app.add_command("report", "Write what happened, for people");
  command.add_option("--html", arguments->out, "One file, without script or network")
      .type_name("OUT")
      .required();
  command.add_option("--domain", arguments->domain, "Only this profile's").type_name("NAME");
  add_grade(command, arguments->grade);
  const Option since =
      command.add_option("--since-seq", arguments->since, "Only this number and later ones")
          .type_name("N");
  command.add_option("--last", arguments->last, "Only the newest N").type_name("N");
  command.add_option("--key", arguments->key, "Trust the key in FILE").type_name("FILE");
  command.add_option("--file", arguments->file, "Read this log").type_name("FILE");
  command.footer(
      "The report may name secrets' paths: it is written for its user only (0600).\n"
      "Exit status 1: the log's chain is broken.");
  command.act(cli, [&cli, arguments, since] { return report(cli, *arguments, since.given()); });
}

}  // namespace glacis::cli
