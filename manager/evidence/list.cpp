// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/list.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/evidence/fields.h"
#include "manager/evidence/lines.h"
#include "manager/evidence/names.h"

namespace glacis::evidence {
namespace {

constexpr int kDeepest = 16;

// Nothing that is deeper than a record, so that a line can't exhaust the stack.
std::optional<Json> parse(std::string_view text) {
  bool deep = false;
  Json out = Json::parse(
      text,
      [&](int depth, Json::parse_event_t, Json&) {
        deep |= depth > kDeepest;
        return !deep;
      },
      false);
  if (deep || !out.is_object()) return std::nullopt;
  return out;
}

Origin origin_of(const Json& record) {
  return {text_of(record, "boot").value_or(""),
          static_cast<std::uint32_t>(number_of(record, "ring").value_or(0))};
}

void join(Json& record, const Live* counts) {
  if (!counts || text_of(record, "schema") != event_schema) return;
  const auto at = counts->repeats.find(number_of(record, "seq").value_or(0));
  if (at == counts->repeats.end() || origin_of(record) != counts->origin) return;
  const auto last = at->second.last + static_cast<std::uint64_t>(counts->clock_offset);
  record["repeats"] = {{"count", at->second.count},
                       {"last", time_text(static_cast<std::int64_t>(last))}};
}

using EachEntry = std::function<void(Entry)>;

// A line that was cut off is followed by a note, which then tells of it.
void take_line(const Line& line, std::vector<Problem>& problems, const EachEntry& each) {
  const auto bad = [&](std::string what) { problems.push_back({line.number, std::move(what)}); };
  if (line.text.empty() && line.ended) return bad("is empty");
  if (line.too_long) return bad("is longer than any record");
  auto record = parse(line.text);
  if (!record && !line.ended) return bad("is cut off, or is being written");
  if (!record) return bad("is not a record: no JSON object");
  const std::string schema = text_of(*record, "schema").value_or("");
  if (schema == torn_schema) {
    if (!problems.empty() && problems.back().line + 1 == line.number)
      problems.back().what = "was cut off when the machine stopped";
    return;
  }
  if (schema != event_schema && schema != gap_schema && schema != undecoded_schema)
    return bad(fmt::format("has the schema \"{}\", which this version does not know",
                           escape(schema, Backslash::keep)));
  each({line.number, std::move(*record)});
}

Status each_record(const std::filesystem::path& path, std::vector<Problem>& problems,
                   const EachEntry& each) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return {};
  if (!fd) {
    const bool rights = errno == EACCES || errno == EPERM;
    return fail(rights ? Exit::not_permitted : Exit::usage,
                fmt::format("cannot read the evidence log {}: {}", escape(path.native()),
                            std::generic_category().message(errno)),
                rights ? "run the command as root" : "");
  }
  return read_lines(fd.get(), [&](const Line& line) {
    take_line(line, problems, each);
    return true;
  });
}

bool wanted(const Json& record, const Query& query) {
  const bool event = text_of(record, "schema") == event_schema;
  if (query.domain && event && text_of(record, "domain") != query.domain) return false;
  if (!query.since_seq) return true;
  const auto seq = number_of(record, text_of(record, "schema") == gap_schema ? "to" : "seq");
  return !seq || *seq >= *query.since_seq;
}

bool covers(const Json& gap, std::uint64_t seq) {
  return text_of(gap, "schema") == gap_schema &&
         number_of(gap, "from").value_or(UINT64_MAX) <= seq &&
         seq <= number_of(gap, "to").value_or(0);
}

std::unexpected<Error> not_found(std::uint64_t seq, const std::optional<Json>& gap) {
  if (!gap)
    return fail(Exit::usage, fmt::format("no record {} in the evidence log", seq),
                "list the records with `glacis evidence list`");
  if (number_of(*gap, "lost").value_or(0) == 0)
    return fail(Exit::usage,
                fmt::format("record {} is not in this log: it was made before the "
                            "log's first",
                            seq),
                "look for it in a log that was moved away");
  return fail(Exit::usage,
              fmt::format("record {} was lost: the event ring was full ({} to {} are missing)", seq,
                          number_of(*gap, "from").value_or(0), number_of(*gap, "to").value_or(0)));
}

}  // namespace

Result<Listing> read_log(const std::filesystem::path& path, const Query& query,
                         const Live* counts) {
  Listing out;
  std::optional<Origin> newest;
  auto status = each_record(path, out.problems, [&](Entry entry) {
    const Origin origin = origin_of(entry.record);
    if (query.since_seq && newest && *newest != origin) out.entries.clear();
    newest = origin;
    if (!wanted(entry.record, query)) return;
    join(entry.record, counts);
    out.entries.push_back(std::move(entry));
    if (query.last && out.entries.size() > *query.last) out.entries.pop_front();
  });
  if (!status) return std::unexpected(status.error());
  return out;
}

Result<Entry> find_record(const std::filesystem::path& path, std::uint64_t seq,
                          const Live* counts) {
  std::vector<Problem> problems;
  std::optional<Entry> found;
  std::optional<Json> gap;
  auto status = each_record(path, problems, [&](Entry entry) {
    if (covers(entry.record, seq)) gap = entry.record;
    if (number_of(entry.record, "seq") == seq) found = std::move(entry);
  });
  if (!status) return std::unexpected(status.error());
  if (!found) return not_found(seq, gap);
  join(found->record, counts);
  return std::move(*found);
}

}  // namespace glacis::evidence
