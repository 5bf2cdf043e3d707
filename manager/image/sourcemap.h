// SPDX-License-Identifier: Apache-2.0
// Rule id to the line that wrote it. It is kept beside the image and is no part
// of its digest: moving a rule to another line does not make another policy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manager/base/result.h"
#include "manager/image/view.h"
#include "manager/profile/model.h"

namespace glacis::image {

struct SourceRule {
  profile::RuleId id = 0;
  std::string file;
  std::uint32_t line = 0, column = 0, end = 0;
  std::string kind;          // as in kKinds of sourcemap.cpp
  std::string text;          // describe()
  std::string glob;          // kind file: the pattern
  std::uint32_t access = 0;  // kind file: GL_FILE_*
  bool deny = false;
  std::string peer;  // a profile's name, which images have as a number

  friend bool operator==(const SourceRule&, const SourceRule&) = default;
};

struct SourceMap {
  std::string profile;
  Digest image{};
  std::vector<SourceRule> rules;  // by id
  profile::Contact contact;
  std::vector<profile::Benign> benign;

  [[nodiscard]] const SourceRule* find(std::uint32_t id) const;
  // "nginx.toml:12", or "rule 7" where no place is known.
  [[nodiscard]] std::string place(std::uint32_t id) const;
  // "nginx.toml:12:3"; the same where no column is known.
  [[nodiscard]] std::string exact_place(std::uint32_t id) const;

  friend bool operator==(const SourceMap&, const SourceMap&) = default;
};

[[nodiscard]] SourceMap make_source_map(const profile::ResolvedProfile& profile,
                                        const Digest& image);

// Deterministic JSON, one rule a line.
[[nodiscard]] std::string to_json(const SourceMap& map);
[[nodiscard]] Result<SourceMap> parse_source_map(std::string_view json);

}  // namespace glacis::image
