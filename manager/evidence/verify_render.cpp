// SPDX-License-Identifier: Apache-2.0
// What verifying found, for people and for programs.
#include <fmt/format.h>

#include <algorithm>

#include "manager/base/escape.h"
#include "manager/evidence/verify.h"

namespace glacis::evidence {
namespace {

using Json = nlohmann::ordered_json;

std::string records(std::uint64_t first, std::uint64_t last) {
  return first == last ? fmt::format("record {}", first)
                       : fmt::format("records {} to {}", first, last);
}

std::string place(const Finding& finding) {
  std::string out = escape(finding.file);
  if (finding.line != 0) out += fmt::format(":{}", finding.line);
  if (!out.empty()) out += ": ";
  if (finding.record) out += fmt::format("record {}: ", *finding.record);
  return out;
}

std::string shown(const std::string& text) { return escape(text, Backslash::keep); }

std::string run_text(const Run& run) {
  if (!run.checkpoint) return fmt::format("not proven: {}\n", records(run.first, run.last));
  const std::uint64_t count = run.checkpoint->position.count;
  std::string out = fmt::format("proven: {} by the checkpoint at {} records of {}, key {}\n",
                                records(run.first, count - 1), count, shown(run.checkpoint->time),
                                run.key ? key_text(*run.key) : "-");
  if (count <= run.last)
    out += fmt::format("not proven: {}: no later checkpoint\n", records(count, run.last));
  return out;
}

Json finding_json(const Finding& finding) {
  Json out = {{"file", escape(finding.file)},
              {"line", nullptr},
              {"record", nullptr},
              {"what", shown(finding.what)}};
  if (finding.line != 0) out["line"] = finding.line;
  if (finding.record) out["record"] = *finding.record;
  return out;
}

Json run_json(const Run& run) {
  Json out = {{"first", run.first}, {"last", run.last}, {"proven_to", nullptr}};
  if (!run.checkpoint) return out;
  out["proven_to"] = run.checkpoint->position.count - 1;
  out["checkpoint"] = {{"count", run.checkpoint->position.count},
                       {"hash", image::hex(run.checkpoint->position.head)},
                       {"time", shown(run.checkpoint->time)},
                       {"key", run.key ? Json(key_text(*run.key)) : Json()}};
  return out;
}

template <typename List, typename ToJson>
Json array_of(const List& list, const ToJson& to_json) {
  Json out = Json::array();
  for (const auto& one : list) out.push_back(to_json(one));
  return out;
}

Json log_file_json(const Verified::File& file) {
  return {{"file", escape(file.name)},
          {"segment", file.segment},
          {"records", file.records},
          {"first", file.first ? Json(*file.first) : Json()},
          {"last", file.last ? Json(*file.last) : Json()}};
}

}  // namespace

std::string verified_text(const Verified& verified) {
  std::size_t width = 0;
  for (const auto& file : verified.files) width = std::max(width, escape(file.name).size());
  std::string out;
  for (const auto& file : verified.files)
    out += fmt::format("{:<{}}  segment {}, {}\n", escape(file.name), width, file.segment,
                       file.first ? records(*file.first, *file.last) : "no records");
  for (const Finding& note : verified.notes) out += place(note) + shown(note.what) + '\n';
  for (const Finding& finding : verified.findings)
    out += "BROKEN " + place(finding) + shown(finding.what) + '\n';
  if (verified.more_findings != 0)
    out += fmt::format("BROKEN in {} more places\n", verified.more_findings);
  for (const Run& run : verified.runs) out += run_text(run);
  if (!verified.trusted)
    out += "the keys are those that the log names: compare them with one that you know (--key)\n";
  return out + fmt::format("{} records in {} files: {}\n", verified.records, verified.files.size(),
                           verified.intact() ? "the chain is whole" : "THE CHAIN IS BROKEN");
}

Json verified_json(const Verified& verified) {
  return {{"schema", "glacis.verify/1"},
          {"intact", verified.intact()},
          {"log", shown(verified.log)},
          {"records", verified.records},
          {"head", image::hex(verified.head)},
          {"key_known", verified.trusted},
          {"files", array_of(verified.files, log_file_json)},
          {"runs", array_of(verified.runs, run_json)},
          {"findings", array_of(verified.findings, finding_json)},
          {"more_findings", verified.more_findings},
          {"notes", array_of(verified.notes, finding_json)}};
}

}  // namespace glacis::evidence
