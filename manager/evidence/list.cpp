// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/list.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <tuple>
#include <utility>

#include "manager/base/escape.h"
#include "manager/evidence/counts.h"
#include "manager/evidence/fields.h"
#include "manager/evidence/lines.h"
#include "manager/evidence/names.h"
#include "manager/evidence/peek.h"
#include "manager/evidence/segments.h"

namespace glacis::evidence {
namespace {

constexpr int kDeepestRecord = 16;

// What says nothing of a refusal; `glacis evidence verify` looks at these.
constexpr std::string_view kOfTheLog[] = {header_schema, checkpoint_schema, restart_schema,
                                          clock_schema,  change_schema,     heartbeat_schema};

// Brackets that are open at once, outside of strings.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '\\')
      ++at;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == '{' || c == '['))
      if (++depth > kDeepestRecord) return true;
    if (!quoted && (c == '}' || c == ']')) --depth;
  }
  return false;
}

// Nothing that is deeper than a record, so that a line can't exhaust the stack.
std::optional<Json> parse(std::string_view text) {
  if (too_deep(text)) return std::nullopt;
  Json out = Json::parse(text, nullptr, false);
  if (!out.is_object()) return std::nullopt;
  return out;
}

Origin origin_in(const Json& record) {
  return {text_of(record, "boot").value_or(""),
          static_cast<std::uint32_t>(number_of(record, "ring").value_or(0))};
}

// What the log says of keys, by the record of their first; the newest line holds.
using Counts = std::map<std::tuple<std::string, std::string, std::uint64_t>, std::string>;

bool take_count(const Peek& peek, std::string_view text, Counts& counts) {
  if (peeked_text(peek.schema) != count_schema) return false;
  if (const auto seq = peeked_number(peek.seq))
    counts[{std::string(peeked_text(peek.boot)), std::string(peek.ring), *seq}] = text;
  return true;
}

void join_key(Json& record, const Counts& counts) {
  const auto at = counts.find({text_of(record, "boot").value_or(""),
                               std::to_string(number_of(record, "ring").value_or(0)),
                               number_of(record, "seq").value_or(0)});
  if (at == counts.end()) return;
  const auto told = parse(at->second);
  if (!told) return;
  Json& key = record["key"] = Json::object();
  for (const char* name : {"count", "objects", "distinct"})
    if (const auto value = number_of(*told, name)) key[name] = *value;
  if (const auto last = text_of(*told, "last")) key["last"] = *last;
}

void join(Json& record, const Live* counts, const Counts& keys) {
  if (text_of(record, "schema") != event_schema) return;
  join_key(record, keys);
  if (!counts) return;
  const auto at = counts->repeats.find(number_of(record, "seq").value_or(0));
  if (at == counts->repeats.end() || origin_in(record) != counts->origin) return;
  const auto last = at->second.last + static_cast<std::uint64_t>(counts->clock_offset);
  record["repeats"] = {{"count", at->second.count},
                       {"last", time_text(static_cast<std::int64_t>(last))}};
}

// A record of a refusal, of a gap, or one that was not understood; not parsed yet.
struct Found {
  const std::string& file;
  std::uint64_t line = 0;
  Peek peek;
  std::string_view text;
};
using EachFound = std::function<void(const Found&)>;

bool listed(std::string_view schema) {
  return schema == event_schema || schema == gap_schema || schema == undecoded_schema ||
         schema == missed_schema || schema == guard_schema || schema == count_schema;
}

bool of_the_log(std::string_view schema) {
  return std::ranges::find(kOfTheLog, schema) != std::end(kOfTheLog);
}

// A line that was cut off is followed by a note, which then tells of it.
void take_line(const Line& line, const std::string& file, std::vector<Problem>& problems,
               const EachFound& each) {
  const auto bad = [&](std::string what) {
    problems.push_back({file, line.number, std::move(what)});
  };
  if (line.text.empty() && line.ended) return bad("is empty");
  if (line.too_long) return bad("is longer than any record");
  if (const auto about = peek(line.text)) {
    const std::string_view own = peeked_text(about->schema);
    if (of_the_log(own)) return;
    if (listed(own)) return each({file, line.number, *about, line.text});
  }
  const auto record = parse(line.text);
  if (!record && !line.ended) return bad("is cut off, or is being written");
  if (!record) return bad("is not a record: no JSON object");
  const std::string schema = text_of(*record, "schema").value_or("");
  if (schema == torn_schema) {
    if (!problems.empty() && problems.back().line + 1 == line.number &&
        problems.back().file == file)
      problems.back().what = "was cut off when the machine stopped";
    return;
  }
  if (schema == shortened_schema) return bad("tells that records before it were gone");
  bad(fmt::format("has the schema \"{}\", which this version does not know",
                  escape(schema, Backslash::keep)));
}

Status each_found(const Segment& segment, std::vector<Problem>& problems, const EachFound& each) {
  const std::string file = segment.path.filename().native();
  return read_segment(segment, [&](const Line& line) {
    take_line(line, file, problems, each);
    return true;
  });
}

bool wanted(const Peek& peek, const Query& query) {
  const bool event = peeked_text(peek.schema) == event_schema;
  if (query.domain && event && peeked_text(peek.domain) != *query.domain) return false;
  const auto grade = grade_of(peeked_text(peek.grade));
  if (query.grade && event && (!grade || *grade < *query.grade)) return false;
  if (!query.since_seq) return true;
  const auto seq = peeked_number(peeked_text(peek.schema) == gap_schema ? peek.to : peek.seq);
  return seq ? *seq >= *query.since_seq : !event;  // an event of no ring has none
}

bool is_of(const Peek& peek, const OfRing& wanted, const Live* counts) {
  if (peeked_text(peek.boot) != wanted.origin.boot ||
      peeked_number(peek.ring) != wanted.origin.ring)
    return false;
  if (peeked_text(peek.schema) != event_schema) return true;
  if (peeked_text(peek.domain) != wanted.domain) return false;
  const auto seq = peeked_number(peek.seq);
  return !seq || *seq > wanted.known || (counts != nullptr && counts->repeats.contains(*seq));
}

// Lines that were asked for, and what is wrong with others.
struct Kept {
  struct Text {
    std::string file;
    std::uint64_t line = 0;
    std::string text;
  };
  std::deque<Text> texts;
  std::vector<Problem> problems;
  std::string boot, ring;  // of the newest
  Counts counts;
};

Status keep_wanted(const Segment& segment, const Query& query, Kept& kept) {
  return each_found(segment, kept.problems, [&](const Found& found) {
    if (take_count(found.peek, found.text, kept.counts)) return;
    if (query.since_seq && !found.peek.ring.empty() &&
        (found.peek.boot != kept.boot || found.peek.ring != kept.ring)) {
      kept.texts.clear();
      kept.boot = found.peek.boot;
      kept.ring = found.peek.ring;
    }
    if (!wanted(found.peek, query)) return;
    kept.texts.push_back({found.file, found.line, std::string(found.text)});
    if (query.last && kept.texts.size() > *query.last) kept.texts.pop_front();
  });
}

// From the newest segment back, as far as is needed.
Status keep_last(const std::vector<Segment>& segments, const Query& query, Kept& kept) {
  for (auto at = segments.rbegin(); at != segments.rend(); ++at) {
    Kept part;
    if (auto status = keep_wanted(*at, query, part); !status) return status;
    while (!part.texts.empty() && kept.texts.size() < *query.last) {
      kept.texts.push_front(std::move(part.texts.back()));
      part.texts.pop_back();
    }
    kept.problems.insert(kept.problems.end(), part.problems.begin(), part.problems.end());
    kept.counts.merge(part.counts);  // what is newer stays
    if (kept.texts.size() >= *query.last) break;
  }
  return {};
}

bool covers(const Json& gap, std::uint64_t seq) {
  return text_of(gap, "schema") == gap_schema &&
         number_of(gap, "from").value_or(UINT64_MAX) <= seq &&
         seq <= number_of(gap, "to").value_or(0);
}

std::optional<std::uint64_t> chain_number(const Json& record) {
  return number_of(member(record, "chain"), "n");
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
  const auto segments = segments_of(path);
  if (!segments) return std::unexpected(segments.error());
  Kept kept;
  if (query.last && !query.since_seq) {
    if (auto status = keep_last(*segments, query, kept); !status)
      return std::unexpected(status.error());
  } else {
    for (const Segment& segment : *segments)
      if (auto status = keep_wanted(segment, query, kept); !status)
        return std::unexpected(status.error());
  }
  Listing out;
  out.problems = std::move(kept.problems);
  for (; !kept.texts.empty(); kept.texts.pop_front()) {
    const Kept::Text& text = kept.texts.front();
    auto record = parse(text.text);
    if (!record) {
      out.problems.push_back({text.file, text.line, "is not a record: no JSON object"});
      continue;
    }
    join(*record, counts, kept.counts);
    out.entries.push_back({text.file, text.line, std::move(*record)});
  }
  std::ranges::stable_sort(out.problems, {},
                           [](const Problem& one) { return std::tie(one.file, one.line); });
  return out;
}

Status each_record(const std::filesystem::path& path, const OfRing& wanted, const Live* counts,
                   const EachRecord& each) {
  const auto segments = segments_of(path);
  if (!segments) return std::unexpected(segments.error());
  std::vector<Problem> problems;
  for (const Segment& segment : *segments) {
    const auto status = each_found(segment, problems, [&](const Found& one) {
      const bool count = peeked_text(one.peek.schema) == count_schema;
      if (count || !is_of(one.peek, wanted, counts)) return;
      auto record = parse(one.text);
      if (!record) return;
      join(*record, counts, {});
      each(*record);
    });
    if (!status) return status;
  }
  return {};
}

Result<Entry> find_record(const std::filesystem::path& path, std::uint64_t seq,
                          const Live* counts) {
  const auto segments = segments_of(path);
  if (!segments) return std::unexpected(segments.error());
  std::vector<Problem> problems;
  std::optional<Entry> found;
  std::optional<Json> gap;
  Counts keys;
  for (auto at = segments->rbegin(); at != segments->rend() && !found; ++at) {
    Counts part;
    auto status = each_found(*at, problems, [&](const Found& one) {
      if (take_count(one.peek, one.text, part)) return;
      const bool is_gap = peeked_text(one.peek.schema) == gap_schema;
      if (!is_gap && peeked_number(one.peek.seq) != seq) return;
      auto record = parse(one.text);
      if (!record) return;
      if (!is_gap)
        found = Entry{one.file, one.line, std::move(*record)};
      else if (covers(*record, seq))
        gap = std::move(*record);
    });
    if (!status) return std::unexpected(status.error());
    keys.merge(part);
  }
  if (!found) return not_found(seq, gap);
  join(found->record, counts, keys);
  return std::move(*found);
}

std::optional<Name> parse_name(std::string_view text) {
  Name out;
  out.chain = text.starts_with('n');
  if (out.chain) text.remove_prefix(1);
  const auto number = peeked_number(text);
  if (!number) return std::nullopt;
  out.number = *number;
  return out;
}

Result<Entry> find_record(const std::filesystem::path& path, const Name& name, const Live* counts) {
  if (!name.chain) return find_record(path, name.number, counts);
  const auto segments = segments_of(path);
  if (!segments) return std::unexpected(segments.error());
  const std::string part = fmt::format("\"n\":{},", name.number);
  std::vector<Problem> problems;
  std::optional<Entry> found;
  for (auto at = segments->rbegin(); at != segments->rend() && !found; ++at) {
    auto status = each_found(*at, problems, [&](const Found& one) {
      if (!one.text.contains(part)) return;
      auto record = parse(one.text);
      if (record && chain_number(*record) == name.number)
        found = Entry{one.file, one.line, std::move(*record)};
    });
    if (!status) return std::unexpected(status.error());
  }
  if (!found)
    return fail(Exit::usage, fmt::format("no record n{} in the evidence log", name.number),
                "list the records with `glacis evidence list`");
  join(found->record, counts, {});
  return std::move(*found);
}

}  // namespace glacis::evidence
