// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lsm/abi/refusal.h"
#include "manager/base/escape.h"
#include "manager/evidence/phrases.h"

namespace glacis::evidence {
namespace {

constexpr std::size_t kColumns = 9;
constexpr std::size_t kWidest = 48;  // longer cells push their line only

using Row = std::array<std::string, kColumns>;

// Characters, not bytes; what is wider or narrower in a terminal is not known.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string times(const Json& record) {
  const auto further = number_of(member(record, "repeats"), "count");
  std::string out = further && *further != 0 ? fmt::format("×{}", *further + 1) : "";
  const Json& key = member(record, "key");
  const auto objects = number_of(key, "objects").value_or(0);
  const bool all_listed = number_of(key, "distinct").value_or(0) <= objects;
  if (objects < GL_OBJECTS_WHOLE && all_listed) return out;
  if (!out.empty()) out += ", ";
  return out + fmt::format("kind ×{}", number_of(key, "count").value_or(0));
}

Row event_row(const Json& record) {
  return {shown(record, "time"),
          number_phrase(record),
          shown(record, "domain"),
          shown(record, "verdict"),
          text_of(record, "grade") ? shown(record, "grade") : "",
          shown_list(record, "blockers", ","),
          object_phrase(member(record, "object")),
          rule_phrase(member(record, "rule")),
          times(record)};
}

std::string range(const Json& gap) {
  const std::string from = shown(gap, "from"), to = shown(gap, "to");
  return from == to ? from : from + ".." + to;
}

// What has no columns of its own.
std::string note(const Json& record) {
  if (text_of(record, "schema") == undecoded_schema)
    return fmt::format("{}  {}  not understood: {}", shown(record, "time"), shown(record, "seq"),
                       shown(record, "why"));
  if (text_of(record, "schema") == missed_schema)
    return fmt::format("{}  MISSED: {}", shown(record, "time"), missed_phrase(record));
  if (text_of(record, "schema") == guard_schema)
    return fmt::format("{}  GUARD {}: {}", shown(record, "time"), shown(record, "what"),
                       shown(record, "text"));
  if (number_of(record, "lost").value_or(0) == 0)
    return fmt::format("{}  {}  recorded before this log began", shown(record, "time"),
                       range(record));
  return fmt::format("{}  {}  LOST: {} events, the ring was full", shown(record, "time"),
                     range(record), shown(record, "lost"));
}

std::array<std::size_t, kColumns> widths(const std::vector<Row>& rows) {
  std::array<std::size_t, kColumns> out{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < kColumns; ++i)
      out[i] = std::max(out[i], std::min(width(row[i]), kWidest));
  return out;
}

std::string render(const Row& row, const std::array<std::size_t, kColumns>& columns) {
  std::string out;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const std::size_t own = width(row[i]);
    const std::string pad(columns[i] > own ? columns[i] - own : 0, ' ');
    if (i != 0 && columns[i] != 0) out += "  ";
    out += i == 1 ? pad + row[i] : row[i] + pad;  // numbers to the right
  }
  out.resize(out.find_last_not_of(' ') + 1);
  return out + '\n';
}

std::string dump_line(const Json& record) {
  return record.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace

std::string list_text(const Listing& listing) {
  std::vector<Row> rows;
  for (const Entry& entry : listing.entries)
    if (text_of(entry.record, "schema") == event_schema) rows.push_back(event_row(entry.record));
  const auto columns = widths(rows);
  std::string out;
  auto row = rows.begin();
  for (const Entry& entry : listing.entries)
    out += text_of(entry.record, "schema") == event_schema ? render(*row++, columns)
                                                           : note(entry.record) + '\n';
  return out;
}

std::string list_json(const Listing& listing) {
  std::string out;
  for (const Entry& entry : listing.entries) out += dump_line(entry.record);
  return out;
}

std::string show_json(const Entry& entry) { return dump_line(entry.record); }

std::string problems_text(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems)
    out += fmt::format("{}:{}: this line {}\n", escape(problem.file), problem.line, problem.what);
  return out;
}

}  // namespace glacis::evidence
