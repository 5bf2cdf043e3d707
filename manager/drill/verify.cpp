// SPDX-License-Identifier: Apache-2.0
// Whose key signed a report: one that the reader brings, or one that a header of
// the evidence log names; and whether that log has the end of the drill.
#include <fmt/format.h>

#include <algorithm>

#include "manager/base/escape.h"
#include "manager/drill/report.h"
#include "manager/evidence/header.h"
#include "manager/evidence/segments.h"

namespace glacis::drill {
namespace {

struct Found {
  std::optional<std::uint64_t> segment;  // whose header names the key
  bool end = false;                      // a record names the report
};

bool is_end(const Canonical& record, const std::string& hash) {
  const auto by = record.find("by");
  if (record.value("schema", "") != evidence::change_schema || by == record.end() ||
      !by->is_object())
    return false;
  const auto report = by->find("report");
  return report != by->end() && report->is_string() && report->get<std::string>() == hash;
}

Result<Found> look_in(const std::filesystem::path& log, const evidence::PublicKey& key,
                      const std::string& hash) {
  const auto segments = evidence::segments_of(log);
  if (!segments) return std::unexpected(segments.error());
  Found out;
  for (const evidence::Segment& segment : *segments) {
    if (segment.unchained) continue;
    auto status = evidence::read_segment(segment, [&](const evidence::Line& line) {
      const bool header = line.number == 1;
      if (!header && line.text.find(hash) == std::string_view::npos) return true;
      const auto record = evidence::parse_canonical(line.text);
      if (!record) return true;
      if (header)
        if (const auto parsed = evidence::parse_header(*record); parsed && parsed->key == key)
          out.segment = parsed->segment;
      out.end |= is_end(*record, hash);
      return true;
    });
    if (!status) return std::unexpected(status.error());
  }
  return out;
}

}  // namespace

Result<Verified> verify_report(const Signed& report, const std::vector<evidence::PublicKey>& keys,
                               const std::filesystem::path& log) {
  Verified out;
  if (!report.key || !report.signature) {
    out.problem = "nobody signed it";
    return out;
  }
  out.signature = signature_holds(report);
  if (!out.signature) {
    out.problem = "it was changed: the signature is not of these bytes";
    return out;
  }
  if (std::ranges::find(keys, *report.key) != keys.end()) out.trust = "a key that was given";
  if (!log.empty()) {
    const auto found = look_in(log, *report.key, report_hash(report.report));
    if (!found) return std::unexpected(found.error());
    // Who brings keys trusts them alone.
    if (keys.empty() && found->segment)
      out.trust = fmt::format("the header of segment {} of the evidence log", *found->segment);
    out.in_log = found->end;
  }
  if (out.trust.empty())
    out.problem =
        fmt::format("it is signed by a key that is not known: {}", evidence::key_text(*report.key));
  else if (out.in_log == false)
    out.problem = "the evidence log has no record of this drill's end";
  return out;
}

}  // namespace glacis::drill
