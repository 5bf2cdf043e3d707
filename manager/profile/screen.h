// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace glacis::profile {

// The text with every character beyond ASCII that stands outside strings and
// comments replaced by one '!'. TOML allows neither, so the reader stops there
// in any case; but toml++ 3.3 has undefined behaviour for some of the former
// (is_non_ascii_horizontal_whitespace ends in an unreachable that is reached),
// and takes others for white space. Lines and characters keep their numbers.
[[nodiscard]] std::string screen(std::string_view text);

}  // namespace glacis::profile
