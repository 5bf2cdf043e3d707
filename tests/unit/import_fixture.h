// SPDX-License-Identifier: Apache-2.0
// Policies from memory, for the tests of manager/import.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "manager/diag/render.h"
#include "manager/image/builder.h"
#include "manager/image/reader.h"
#include "manager/import/apparmor/import.h"
#include "manager/profile/load.h"

namespace glacis::import {

struct Made {
  profile::MemoryFiles files;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  std::vector<Imported> profiles;

  [[nodiscard]] std::string said() const { return diag::render_text(diagnostics, sources); }
  [[nodiscard]] bool has(diag::Code code) const {
    return std::ranges::any_of(diagnostics.all(),
                               [&](const diag::Diagnostic& each) { return each.code == code; });
  }
  // The rules of the first profile.
  [[nodiscard]] std::optional<profile::ResolvedProfile> resolved(std::size_t which = 0) const {
    if (profiles.size() <= which) return std::nullopt;
    profile::LoadOptions options;
    const profile::MemoryFiles none;
    options.files = &none;
    options.lint = false;
    diag::Diagnostics own;
    diag::SourceSet texts;
    return profile::load_profile_text(profiles[which].text, "x.toml", options, own, texts);
  }
};

// `text` is /aa/t, and <...> is found in /aa.
inline void import_text(Made& out, const std::string& text) {
  out.files.add("/aa/t", text);
  apparmor::ImportOptions options;
  options.search = {"/aa"};
  options.files = &out.files;
  out.profiles = apparmor::import_files({"/aa/t"}, options, out.diagnostics, out.sources);
}

inline Made import_body(const std::string& body) {
  Made out;
  import_text(out, "abi <abi/3.0>,\nprofile t /usr/bin/t {\n" + body + "\n}\n");
  return out;
}

// Accesses that are granted to a path by rules of one owner, refusals taken off.
inline std::uint32_t granted(const Made& made, const std::string& path,
                             profile::Owner owner = profile::Owner::any) {
  const auto profile = made.resolved();
  if (!profile) return ~std::uint32_t{0};
  std::uint32_t allow = 0, deny = 0;
  const auto literal = profile::expand(path);
  for (const profile::Rule& rule : profile->rules) {
    const auto* body = std::get_if<profile::PathRule>(&rule.body);
    if (body == nullptr) continue;
    const auto all = profile::expand(body->glob);
    if (!all || !profile::covers(*all, *literal)) continue;
    if (body->deny) {
      deny |= body->access;
    } else if (body->owner == profile::Owner::any || body->owner == owner) {
      allow |= body->access;
    }
  }
  return allow & ~deny;
}

}  // namespace glacis::import
