// SPDX-License-Identifier: Apache-2.0
// Loading profiles from memory, for the tests of manager/profile.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "manager/diag/render.h"
#include "manager/profile/load.h"

namespace glacis::profile {

struct Loaded {
  std::optional<ResolvedProfile> profile;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;

  [[nodiscard]] std::string text() const { return diag::render_text(diagnostics, sources); }
  [[nodiscard]] bool has(diag::Code code) const {
    return std::any_of(diagnostics.all().begin(), diagnostics.all().end(),
                       [&](const diag::Diagnostic& d) { return d.code == code; });
  }
  // Those of one kind, in order.
  template <typename Body>
  [[nodiscard]] std::vector<Body> bodies() const {
    std::vector<Body> out;
    for (const Rule& rule : profile->rules) {
      if (const auto* body = std::get_if<Body>(&rule.body)) out.push_back(*body);
    }
    return out;
  }
};

inline const std::string header = "schema = 1\n[profile]\nname = \"x\"\n";

inline void load_into(Loaded& out, const std::string& text, const MemoryFiles* files = nullptr) {
  LoadOptions options;
  options.files = files;
  out.profile = load_profile_text(text, "/p/x.toml", options, out.diagnostics, out.sources);
}

// `body` is what follows the header.
inline Loaded load(const std::string& body, const MemoryFiles* files = nullptr) {
  Loaded out;
  load_into(out, header + body, files);
  return out;
}

}  // namespace glacis::profile
