// SPDX-License-Identifier: Apache-2.0
// A profile compiled, read back and ready to be asked.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manager/image/builder.h"
#include "manager/image/reader.h"
#include "manager/sim/simulator.h"
#include "tests/unit/generate.h"

namespace glacis {

class Built {
 public:
  explicit Built(const profile::ResolvedProfile& profile)
      : image_(must(image::build(profile))), view_(must(image::read(image_.bytes))) {}

  [[nodiscard]] const image::Image& image() const { return image_; }
  [[nodiscard]] const image::ImageView& view() const { return view_; }

  [[nodiscard]] gl_verdict decide(const sim::Request& request) const {
    return sim::Simulator(view_, "test").decide(request);
  }
  [[nodiscard]] bool reads(std::string_view path) const {
    return decide(sim::FileRequest{std::string(path), GL_FILE_READ}).decision == GL_ALLOW;
  }

 private:
  template <typename T>
  static T must(Result<T> result) {
    if (!result) {
      ADD_FAILURE() << result.error().what;
      std::abort();
    }
    return std::move(*result);
  }

  image::Image image_;
  image::ImageView view_;
};

// A profile that grants reading what the globs match.
inline Built reading(const std::vector<std::string>& globs) {
  return Built(generate::profile_of(globs, GL_FILE_READ));
}

// A profile of these rules, with ids from 1 on.
inline profile::ResolvedProfile profile_with(std::initializer_list<profile::RuleBody> bodies) {
  profile::ResolvedProfile out;
  out.name = "test";
  out.files = {"test.toml"};
  for (const profile::RuleBody& body : bodies) {
    const auto id = static_cast<profile::RuleId>(out.rules.size() + 1);
    out.rules.push_back({id, {0, 10u * id, 3, 9}, body});
  }
  return out;
}

}  // namespace glacis
