// SPDX-License-Identifier: Apache-2.0
// glacis evidence verify, key, rotate: whether the log is what was written.
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "manager/base/file.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"
#include "manager/cli/host.h"
#include "manager/evidence/recorder.h"
#include "manager/evidence/verify.h"

namespace glacis::cli {
namespace {

constexpr std::size_t kLargest = 64u << 10;

struct EvidenceProofArguments {
  std::string file;
  std::vector<std::string> keys, checkpoints;
  std::uint64_t records = 0;
};

evidence::Where where(const EvidenceProofArguments& arguments) {
  return arguments.file.empty() ? evidence::Where() : evidence::Where(arguments.file);
}

// One a line; what does not look like a key is passed over, as in the output of
// `glacis evidence key`.
Status add_keys(const std::string& file, evidence::Expected& expected) {
  const auto text = read_file(file, kLargest);
  if (!text) return std::unexpected(text.error());
  const std::size_t before = expected.keys.size();
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    if (const auto key = evidence::parse_key(std::string_view(*text).substr(at, end - at)))
      expected.keys.push_back(*key);
    at = end + 1;
  }
  if (expected.keys.size() != before) return {};
  return fail(Exit::usage, fmt::format("there is no key in {}", shown(file)));
}

Status add_checkpoint(const std::string& file, evidence::Expected& expected) {
  const auto text = read_file(file, kLargest);
  if (!text) return std::unexpected(text.error());
  auto note = evidence::parse_note(*text);
  if (!note) return fail(Exit::usage, fmt::format("{} is no checkpoint", shown(file)));
  expected.checkpoints.push_back(std::move(*note));
  return {};
}

// This host's own key, where the log is this host's.
Status add_own_key(const EvidenceProofArguments& arguments, evidence::Expected& expected) {
  if (!expected.keys.empty() || !arguments.file.empty() || ::geteuid() != 0) return {};
  const auto key = evidence::Keys::look(evidence::Where().keys);
  if (!key) return std::unexpected(key.error());
  if (*key) expected.keys.push_back(**key);
  return {};
}

Result<int> verify(const Cli& cli, const EvidenceProofArguments& arguments, bool counted) {
  evidence::Expected expected;
  for (const std::string& file : arguments.keys)
    if (auto status = add_keys(file, expected); !status) return std::unexpected(status.error());
  for (const std::string& file : arguments.checkpoints)
    if (auto status = add_checkpoint(file, expected); !status)
      return std::unexpected(status.error());
  if (auto status = add_own_key(arguments, expected); !status)
    return std::unexpected(status.error());
  if (counted) expected.records = arguments.records;
  const fs::path log = where(arguments).log;
  std::error_code ignored;
  if (!fs::exists(log, ignored))
    return fail(Exit::usage, fmt::format("there is no file {}", shown(log.native())));
  const auto verified = evidence::verify_log(log, expected);
  if (!verified) return std::unexpected(verified.error());
  if (cli.out.json)
    cli.out.write_json(evidence::verified_json(*verified));
  else
    cli.out.write(evidence::verified_text(*verified));
  return code(verified->intact() ? Exit::ok : Exit::findings);
}

Result<int> key(const Cli& cli, const EvidenceProofArguments& arguments) {
  const auto key = evidence::Keys::look(where(arguments).keys);
  if (!key) return std::unexpected(key.error());
  if (!*key)
    return fail(Exit::usage, "there is no key yet", "it is made when something is first recorded");
  if (cli.out.json)
    cli.out.write_json({{"schema", "glacis.evidence_key/1"}, {"key", evidence::key_text(**key)}});
  else
    cli.out.print("{}\n", evidence::key_text(**key));
  return code(Exit::ok);
}

Result<int> rotate(const Cli& cli, const EvidenceProofArguments& arguments) {
  if (arguments.file.empty()) {
    if (auto root = need_root("evidence rotate"); !root) return std::unexpected(root.error());
    auto enforcer = kernel::Enforcer::open();
    if (!enforcer) return std::unexpected(enforcer.error());
    if (*enforcer) drain_evidence(cli.out, **enforcer);
  }
  auto store = evidence::Store::open(where(arguments));
  if (!store) return std::unexpected(store.error());
  if (auto status = store->rotate(); !status) return std::unexpected(status.error());
  if (store->trouble()) return std::unexpected(*store->trouble());
  if (cli.out.json)
    cli.out.write_json({{"schema", "glacis.evidence_rotate/1"},
                        {"segment", store->header().segment},
                        {"records", store->position().count}});
  else if (!cli.out.quiet)
    cli.out.print("segment {} begins at record {}\n", store->header().segment,
                  store->position().count - 1);
  return code(Exit::ok);
}

using Act = Result<int> (*)(const Cli&, const EvidenceProofArguments&);

Command add_act(Command parent, Cli& cli, const char* name, const char* help, Act act) {
  const auto arguments = std::make_shared<EvidenceProofArguments>();
  Command command = parent.add_command(name, help);
  command.add_option("--file", arguments->file, "Of this log, whose keys lie in keys/ beside it")
      .type_name("FILE");
  command.act(cli, [&cli, arguments, act] { return act(cli, *arguments); });
  return command;
}

void add_verify(Command parent, Cli& cli) {
  const auto arguments = std::make_shared<EvidenceProofArguments>();
  Command command = parent.add_command("verify", "Check the log's chain and signatures");
  command.add_option("--file", arguments->file, "Read this log").type_name("FILE");
  command.add_option("--key", arguments->keys, "Trust the key in FILE").type_name("FILE");
  command.add_option("--checkpoint", arguments->checkpoints, "What FILE signs must be there")
      .type_name("FILE");
  const Option count =
      command.add_option("--expect-count", arguments->records, "At least N records must be there")
          .type_name("N");
  command.footer(
      "What was cut off behind the last checkpoint that is known can't be noticed.\n"
      "Exit status 1: the chain is broken, or a checkpoint does not hold.");
  command.act(cli, [&cli, arguments, count] { return verify(cli, *arguments, count.given()); });
}

}  // namespace

void add_proof(Command evidence, Cli& cli) {
  add_verify(evidence, cli);
  add_act(evidence, cli, "key", "Show the public key that signs the log", key);
  add_act(evidence, cli, "rotate", "End the segment, compress it, change the key", rotate);
}

}  // namespace glacis::cli
