// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/grade.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "manager/base/escape.h"
#include "manager/profile/glob.h"

namespace glacis::evidence {
namespace {

constexpr std::array<std::string_view, 4> kWords = {"benign", "probe", "suspicious", "compromise"};

using List = std::vector<std::string>;
using Techniques = std::map<std::string, List>;  // by the threat's id

std::unexpected<Error> damaged(std::string what) {
  return fail(Exit::bug, fmt::format("the table of grades: {}", what));
}

bool take_list(const Json& from, const char* key, List& to) {
  const auto at = from.find(key);
  if (at == from.end()) return true;
  if (!at->is_array() || at->empty()) return false;
  for (const Json& item : *at) {
    if (!item.is_string()) return false;
    to.push_back(item.get<std::string>());
  }
  return true;
}

Result<GradeRow> parse_row(const Json& from, const Techniques& techniques) {
  const auto id = text_of(from, "id"), reason = text_of(from, "reason");
  const auto grade = grade_of(text_of(from, "grade").value_or(""));
  if (!id || !reason || !grade) return damaged("a row lacks id, reason or grade");
  GradeRow out{*id, *reason, *grade, {}, {}, {}, {}, {}, {}, {}};
  if (!take_list(from, "hooks", out.hooks) || !take_list(from, "blockers", out.blockers) ||
      !take_list(from, "endings", out.endings) || !take_list(from, "paths", out.paths) ||
      !take_list(from, "addresses", out.addresses) || !take_list(from, "sockets", out.sockets))
    return damaged(fmt::format("row {}", *id));
  if (const auto threat = text_of(from, "threat")) {
    const auto at = techniques.find(*threat);
    if (at == techniques.end()) return damaged(fmt::format("there is no threat {}", *threat));
    out.attack = at->second;
  }
  return out;
}

Techniques parse_threats(const Json& root) {
  Techniques out;
  for (const Json& row : member(root, "rows"))
    if (const auto id = text_of(row, "id")) (void)take_list(row, "attack", out[*id]);
  return out;
}

bool like(const List& patterns, const std::optional<std::string>& text) {
  if (patterns.empty()) return true;
  return text && std::ranges::any_of(patterns, [&](const std::string& pattern) {
           return ::fnmatch(pattern.c_str(), text->c_str(), FNM_NOESCAPE) == 0;
         });
}

bool fits(const GradeRow& row, const Json& record, const std::optional<std::string>& blocker) {
  const Json& object = member(record, "object");
  return like(row.hooks, text_of(record, "hook")) && like(row.blockers, blocker) &&
         like(row.endings, text_of(object, "ending")) && like(row.paths, text_of(object, "path")) &&
         like(row.addresses, text_of(object, "address")) &&
         like(row.sockets, text_of(object, "socket"));
}

// The first row that fits; null where there is none.
const GradeRow* row_for(const std::vector<GradeRow>& rows, const Json& record,
                        const std::optional<std::string>& blocker) {
  const auto at =
      std::ranges::find_if(rows, [&](const GradeRow& one) { return fits(one, record, blocker); });
  return at == rows.end() ? nullptr : &*at;
}

// Each access by itself: to read and write is no less than to write.
const GradeRow* strongest(const std::vector<GradeRow>& rows, const Json& record) {
  const Json& blockers = member(record, "blockers");
  if (!blockers.is_array() || blockers.empty()) return row_for(rows, record, std::nullopt);
  const GradeRow* out = nullptr;
  for (const Json& one : blockers) {
    const auto blocker = one.is_string() ? std::optional(one.get<std::string>()) : std::nullopt;
    const GradeRow* row = row_for(rows, record, blocker);
    if (row && (!out || row->grade > out->grade)) out = row;
  }
  return out;
}

bool named(const List& list, const std::optional<std::string>& text) {
  return list.empty() || (text && std::ranges::find(list, *text) != list.end());
}

// A path whose beginning is missing, or that met no root, is not the one that a
// profile names.
bool path_named(const List& globs, const Json& object) {
  if (globs.empty()) return true;
  const auto path = text_of(object, "path");
  if (!path || text_of(object, "ending") != "rooted" || member(object, "path_cut") == true)
    return false;
  profile::GlobTokens literal;
  for (const char byte : *path)
    literal.push_back({profile::GlobToken::Kind::byte, static_cast<unsigned char>(byte), {}});
  return std::ranges::any_of(globs, [&](const std::string& glob) {
    const auto pattern = profile::expand(glob);
    return pattern && profile::covers(*pattern, {literal});
  });
}

}  // namespace

std::string_view word(Grade grade) { return kWords[static_cast<std::size_t>(grade)]; }

std::span<const std::string_view> grade_words() { return kWords; }

std::optional<Grade> grade_of(std::string_view word) {
  const auto at = std::ranges::find(kWords, word);
  if (at == kWords.end()) return std::nullopt;
  return static_cast<Grade>(at - kWords.begin());
}

Result<Grades> Grades::parse(std::string_view grades, std::string_view threats) {
  const Json table = Json::parse(grades, nullptr, false),
             map = Json::parse(threats, nullptr, false);
  if (!table.is_object() || !member(table, "rows").is_array() || !map.is_object() ||
      !member(map, "rows").is_array())
    return damaged("it is no table");
  Grades out;
  out.attack_ = text_of(map, "attack").value_or("");
  const Techniques techniques = parse_threats(map);
  for (const Json& entry : member(table, "rows")) {
    auto row = parse_row(entry, techniques);
    if (!row) return std::unexpected(row.error());
    out.rows_.push_back(std::move(*row));
  }
  return out;
}

const Grades& Grades::built_in() {
  static const Grades grades = [] {
    auto out = parse(grades_text(), threats_text());
    if (!out) std::abort();  // a test reads the same text
    return std::move(*out);
  }();
  return grades;
}

const profile::Benign* benign_entry(const Json& record, const image::SourceMap& map) {
  const Json& object = member(record, "object");
  const std::string day = text_of(record, "time").value_or("9999").substr(0, 10);
  const auto at = std::ranges::find_if(map.benign, [&](const profile::Benign& one) {
    return day <= one.expires && named(one.hooks, text_of(record, "hook")) &&
           named(one.capabilities, text_of(object, "capability")) && path_named(one.globs, object);
  });
  return at == map.benign.end() ? nullptr : &*at;
}

void Grades::put(Json& record, const image::SourceMap* map) const {
  if (text_of(record, "verdict") == "observed") return;
  const GradeRow* row = strongest(rows_, record);
  if (!row) return;
  const profile::Benign* benign =
      map && row->grade != Grade::compromise ? benign_entry(record, *map) : nullptr;
  record["grade"] = word(benign ? Grade::benign : row->grade);
  record["grade_row"] = row->id;
  record["grade_reason"] = benign ? escape(benign->reason) : row->reason;
  if (benign) record["benign"] = {{"owner", escape(benign->owner)}, {"expires", benign->expires}};
  if (!row->attack.empty()) record["attack"] = {{"version", attack_}, {"techniques", row->attack}};
}

}  // namespace glacis::evidence
