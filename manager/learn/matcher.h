// SPDX-License-Identifier: Apache-2.0
// A profile compiled and asked, by the project's own compiler and core.
#pragma once

#include <memory>
#include <string>

#include "manager/base/result.h"
#include "manager/image/view.h"
#include "manager/profile/model.h"
#include "manager/sim/simulator.h"

namespace glacis::learn {

class Matcher {
 public:
  static Result<Matcher> of(const profile::ResolvedProfile& profile);
  static Result<Matcher> of(image::ImageView view, std::string name);

  [[nodiscard]] gl_verdict decide(const sim::Request& request) const;
  [[nodiscard]] bool allows(const sim::Request& request) const;

 private:
  struct Held {
    image::ImageView view;
    sim::Simulator simulator;
    Held(image::ImageView image, std::string name)
        : view(std::move(image)), simulator(view, std::move(name)) {}
  };
  explicit Matcher(std::unique_ptr<Held> held) : held_(std::move(held)) {}
  std::unique_ptr<Held> held_;
};

}  // namespace glacis::learn
