// SPDX-License-Identifier: Apache-2.0
// glacis evidence: what was refused. Root on a host with enforcement first moves
// what the kernel recorded to the log.
#include <memory>

#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/evidence_log.h"
#include "manager/evidence/fields.h"
#include "manager/evidence/list.h"
#include "manager/evidence/package.h"
#include "manager/evidence/render.h"

namespace glacis::cli {
namespace {

struct EvidenceArguments {
  std::string file;
  std::string domain;
  std::string grade;
  std::uint64_t since = 0;
  std::size_t last = 0;
  std::string record;
};

Result<int> list(const Cli& cli, const EvidenceArguments& arguments, bool by_sequence) {
  if (auto there = need_log(arguments.file); !there) return std::unexpected(there.error());
  const auto live = live_counts(cli.out, arguments.file);
  if (!live) return std::unexpected(live.error());
  evidence::Query query;
  if (!arguments.domain.empty()) query.domain = arguments.domain;
  query.grade = evidence::grade_of(arguments.grade);
  if (by_sequence) query.since_seq = arguments.since;
  if (arguments.last != 0) query.last = arguments.last;
  const auto log = log_of(arguments.file);
  const auto listing = evidence::read_log(log, query, *live ? &**live : nullptr);
  if (!listing) return std::unexpected(listing.error());
  cli.out.write(cli.out.json ? evidence::list_json(*listing) : evidence::list_text(*listing));
  if (!listing->problems.empty()) cli.out.tell(evidence::problems_text(listing->problems));
  if (listing->entries.empty() && !cli.out.json) cli.out.say("no records\n");
  return code(listing->problems.empty() ? Exit::ok : Exit::findings);
}

// Of this host's own log only, and not of what is in a container.
void add_package(evidence::Json& record) {
  const auto exe = evidence::text_of(evidence::member(record, "subject"), "exe");
  if (!exe || record.contains("container")) return;
  const auto path = unescape(*exe);
  const auto package = path ? evidence::package_of(*path) : std::nullopt;
  record["package"] = package ? evidence::Json(escape(*package)) : evidence::Json();
}

Result<int> show(const Cli& cli, const EvidenceArguments& arguments) {
  auto entry = open_record(cli.out, arguments.file, arguments.record);
  if (!entry) return std::unexpected(entry.error());
  if (arguments.file.empty()) add_package(entry->record);
  cli.out.write(cli.out.json ? evidence::show_json(*entry) : evidence::show_text(*entry));
  return code(Exit::ok);
}

void add_list(Command parent, Cli& cli, const std::shared_ptr<EvidenceArguments>& arguments) {
  Command command = parent.add_command("list", "List records, the oldest first");
  command.add_option("--domain", arguments->domain, "Only this profile's").type_name("NAME");
  add_grade(command, arguments->grade);
  const Option since =
      command.add_option("--since-seq", arguments->since, "Only this number and later ones")
          .type_name("N");
  command.add_option("--last", arguments->last, "Only the newest N").type_name("N");
  command.add_option("--file", arguments->file, "Read this log").type_name("FILE");
  command.footer("Grades, the strongest first: compromise, suspicious, probe, benign.");
  command.act(cli, [&cli, arguments, since] { return list(cli, *arguments, since.given()); });
}

void add_show(Command parent, Cli& cli, const std::shared_ptr<EvidenceArguments>& arguments) {
  Command command = parent.add_command("show", "Show one record in full");
  command.add_option("N", arguments->record, "The record's number").required();
  command.add_option("--file", arguments->file, "Read this log").type_name("FILE");
  command.act(cli, [&cli, arguments] { return show(cli, *arguments); });
}

}  // namespace

void add_evidence(Command app, Cli& cli) {
  Command command = app.add_command("evidence", "List, show and prove what was refused");
  command.needs_command();
  const auto arguments = std::make_shared<EvidenceArguments>();
  add_list(command, cli, arguments);
  add_show(command, cli, arguments);
  add_proof(command, cli);
}

}  // namespace glacis::cli
