// SPDX-License-Identifier: Apache-2.0
// A profile's text, all the way: either diagnostics, or an image that the
// reader takes, whose bytes are the same the second time, and whose source map
// reads back.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "manager/diag/render.h"
#include "manager/image/builder.h"
#include "manager/image/explain.h"
#include "manager/image/reader.h"
#include "manager/profile/load.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glacis;
  const std::string text(reinterpret_cast<const char*>(data), size);
  profile::MemoryFiles files;
  profile::LoadOptions options;
  options.files = &files;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  const auto profile = profile::load_profile_text(text, "fuzz.toml", options, diagnostics, sources);
  must(profile.has_value() != diagnostics.failed());
  if (!profile) return 0;
  const auto image = image::build(*profile, {.states = 20'000, .work = 200'000});
  if (!image) {
    must(!image.error().what.empty());
    return 0;
  }
  const auto view = image::read(image->bytes);
  must(view.has_value());
  must(image::build(*profile, {.states = 20'000, .work = 200'000})->bytes == image->bytes);
  const std::string map = image::to_json(image->source_map);
  const auto again = image::parse_source_map(map);
  must(again.has_value() && image::to_json(*again) == map);
  must(!image::explain_text(*view, &*again).empty());
  return 0;
}
