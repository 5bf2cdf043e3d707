// SPDX-License-Identifier: Apache-2.0
// How strong a refusal is as proof, by a table (grades.json), and which
// techniques of MITRE ATT&CK it would have served, by the table of threats that
// the scenarios and `glacis selftest` use. A profile's [[benign]] entries lower a
// grade, but never `compromise`: nobody vouches for a shell.
#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manager/base/result.h"
#include "manager/evidence/fields.h"
#include "manager/image/sourcemap.h"

namespace glacis::evidence {

// In the order of their strength.
enum class Grade { benign, probe, suspicious, compromise };
[[nodiscard]] std::string_view word(Grade grade);
[[nodiscard]] std::optional<Grade> grade_of(std::string_view word);
[[nodiscard]] std::span<const std::string_view> grade_words();

struct GradeRow {
  std::string id, reason;
  Grade grade = Grade::suspicious;
  // Empty: whatever the record says.
  std::vector<std::string> hooks, blockers, endings, paths, addresses, sockets;
  std::vector<std::string> attack;  // techniques
};

class Grades {
 public:
  // The tables that are a part of this program.
  static const Grades& built_in();
  static Result<Grades> parse(std::string_view grades, std::string_view threats);

  // A refusal's grade, its reason and techniques become members of the record; one
  // that was only observed gets none. `map` may be null.
  void put(Json& record, const image::SourceMap* map) const;

  [[nodiscard]] const std::vector<GradeRow>& rows() const { return rows_; }
  // The version of ATT&CK.
  [[nodiscard]] const std::string& attack() const { return attack_; }

 private:
  std::vector<GradeRow> rows_;
  std::string attack_;
};

// The first entry that names this record and has not expired when it was made.
[[nodiscard]] const profile::Benign* benign_entry(const Json& record, const image::SourceMap& map);

[[nodiscard]] std::string_view grades_text();
[[nodiscard]] std::string_view threats_text();

}  // namespace glacis::evidence
