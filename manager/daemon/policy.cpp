// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/policy.h"

#include "manager/base/escape.h"
#include "manager/diag/render.h"
#include "manager/image/builder.h"
#include "manager/image/reader.h"

namespace glacis::daemon {
namespace {

// Errors alone: opinions are for `glacis check`.
Error broken(const std::filesystem::path& path, const diag::Diagnostics& diagnostics,
             const diag::SourceSet& sources) {
  diag::Diagnostics errors;
  for (const diag::Diagnostic& one : diagnostics.all())
    if (one.severity == diag::Severity::error) errors.add(one.code, one.message) = one;
  std::string text = diag::render_concise(errors, sources);
  while (text.ends_with('\n')) text.pop_back();
  return {Exit::usage, text, "what was in force stays in force",
          "glacis check " + escape(path.native())};
}

}  // namespace

Result<Policy> compile(const std::filesystem::path& path, const profile::LoadOptions& options) {
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  const auto profile = profile::load_profile(path, options, diagnostics, sources);
  if (!profile) return std::unexpected(broken(path, diagnostics, sources));
  if (profile->backend == profile::Layers::apparmor)
    return fail(Exit::usage,
                fmt::format("`{}` says backend = \"apparmor\", and AppArmor confines only what "
                            "`glacis run` starts",
                            profile->name),
                "set backend = \"auto\", or move the file out of this folder",
                "what was in force stays in force");
  auto image = image::build(*profile);
  if (!image) return std::unexpected(image.error());
  // Read back, so that what is loaded is what was checked.
  if (auto view = image::read(image->bytes); !view) return std::unexpected(view.error());
  return Policy{profile->name, profile->mode, std::move(image->bytes), image->digest,
                std::move(image->source_map)};
}

}  // namespace glacis::daemon
