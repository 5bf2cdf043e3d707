// SPDX-License-Identifier: Apache-2.0
// From a file name on the command line to a policy: a profile is loaded and
// built, an image is read back with the source map beside it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "manager/base/result.h"
#include "manager/cli/output.h"
#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/image/builder.h"
#include "manager/image/sourcemap.h"
#include "manager/image/view.h"
#include "manager/profile/load.h"

namespace glacis::cli {

namespace fs = std::filesystem;

// A profile with all that is said about it; `image` only if nothing is wrong.
struct Attempt {
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  std::optional<profile::ResolvedProfile> profile;
  std::optional<image::Image> image;
};

// What the image builder refuses becomes a diagnostic at the rules to blame.
[[nodiscard]] Attempt attempt(const fs::path& path, const profile::LoadOptions& options);

struct Compiled {
  profile::ResolvedProfile profile;
  image::Image image;
  std::size_t warnings = 0;
};

// Shows what is wrong on stderr, and answers the error that ends the command.
[[nodiscard]] Result<Compiled> compile(const Output& out, const fs::path& path,
                                       const profile::LoadOptions& options);

// A profile or an image, as it would be enforced.
struct Policy {
  image::ImageView view;
  std::optional<image::SourceMap> map;
  std::string name;             // of the profile; empty for an image without map
  std::optional<gl_mode> mode;  // an image holds none
  profile::Layers backend = profile::Layers::automatic;
};

[[nodiscard]] bool is_image(const fs::path& path);
[[nodiscard]] Result<Policy> open_policy(const Output& out, const fs::path& path,
                                         const profile::LoadOptions& options);

// nginx.image -> nginx.map.json
[[nodiscard]] fs::path map_path(fs::path image);

// "blake2b:9c1f...", as in records; and its beginning, for tables.
[[nodiscard]] std::string digest_text(const image::Digest& digest);
[[nodiscard]] std::string short_digest(const image::Digest& digest);

}  // namespace glacis::cli
