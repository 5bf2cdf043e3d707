// SPDX-License-Identifier: Apache-2.0
// The parts of an image, put in one piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lsm/abi/image.h"
#include "manager/base/result.h"
#include "manager/image/accepts.h"
#include "manager/image/comb.h"
#include "manager/image/network.h"

namespace glacis::image {

struct Parts {
  gl_image header{};  // grants and rules; offsets, sizes and hooks are filled in
  Comb comb;
  AcceptTable::Sections accepts;
  NetTables network;
  std::vector<gl_peer> peers;
  std::string syscalls;
  std::vector<gl_transition> transitions;
  std::string attach;
  std::string digests;
};

[[nodiscard]] Result<std::vector<std::byte>> lay_out(const Parts& parts);

}  // namespace glacis::image
