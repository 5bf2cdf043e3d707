// SPDX-License-Identifier: Apache-2.0
// The core as bytecode: one image and one question at a time.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "lsm/probe/request.h"
#include "manager/image/view.h"
#include "manager/sim/simulator.h"

namespace glacis::differential {

class Door {
 public:
  // Nothing where the kernel does not let us (`why` says what it answered).
  static std::optional<Door> open(std::string& why);
  Door(Door&&) noexcept;
  Door& operator=(Door&&) noexcept;
  ~Door();

  // Puts the image into the map of a size class that holds it.
  bool put(const image::ImageView& image, unsigned size_class);
  // `own`: the name of the image's profile, for requests about tasks.
  std::optional<gl_verdict> ask(const sim::Request& request, unsigned size_class,
                                std::string_view own = {});

 private:
  struct State;
  explicit Door(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace glacis::differential
