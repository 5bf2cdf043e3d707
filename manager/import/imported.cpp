// SPDX-License-Identifier: Apache-2.0
#include "manager/import/imported.h"

#include <fmt/format.h>

#include <ctime>

#include "manager/image/builder.h"
#include "manager/profile/load.h"

namespace glacis::import {

Imported finish(const Draft& draft, const Tally& tally, diag::Span span,
                diag::Diagnostics& diagnostics) {
  Imported out;
  out.name = draft.name;
  out.tally = tally;
  out.text = toml(draft);
  // Processor time: the same on a busy host.
  const std::clock_t begin = std::clock();
  profile::LoadOptions options;
  const profile::MemoryFiles none;
  options.files = &none;
  options.lint = false;
  diag::Diagnostics own;
  diag::SourceSet sources;
  const auto profile =
      profile::load_profile_text(out.text, draft.name + ".toml", options, own, sources);
  const auto refuse = [&](const std::string& why) {
    diagnostics
        .add(diag::Code::GL503, fmt::format("what was made of this does not compile: {}", why))
        .at(span);
  };
  if (!profile) {
    for (const diag::Diagnostic& each : own.all()) {
      if (each.severity != diag::Severity::error) continue;
      const diag::Label* label = each.primary();
      refuse(
          fmt::format("{}: {}", label == nullptr ? "" : sources.place(label->span), each.message));
      break;
    }
    return out;
  }
  const auto image = image::build(*profile);
  if (!image) {
    refuse(image.error().what);
    return out;
  }
  out.microseconds = static_cast<std::uint64_t>(std::clock() - begin) * 1'000'000 / CLOCKS_PER_SEC;
  out.good = true;
  out.rules = profile->rules.size();
  out.bytes = image->bytes.size();
  out.states = image->stats.states;
  return out;
}

}  // namespace glacis::import
