// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/matcher.h"

#include <utility>

#include "manager/image/builder.h"
#include "manager/image/reader.h"

namespace glacis::learn {

Result<Matcher> Matcher::of(const profile::ResolvedProfile& profile) {
  const auto image = image::build(profile);
  if (!image) return std::unexpected(image.error());
  auto view = image::read(image->bytes);
  if (!view) return std::unexpected(view.error());
  return of(std::move(*view), profile.name);
}

Result<Matcher> Matcher::of(image::ImageView view, std::string name) {
  return Matcher(std::make_unique<Held>(std::move(view), std::move(name)));
}

gl_verdict Matcher::decide(const sim::Request& request) const {
  return held_->simulator.decide(request);
}

bool Matcher::allows(const sim::Request& request) const {
  return decide(request).decision == GL_ALLOW;
}

}  // namespace glacis::learn
