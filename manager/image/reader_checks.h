// SPDX-License-Identifier: Apache-2.0
// The parts of read() (reader.h). Each takes a view whose earlier parts, in this
// order, are known to be well formed, and says what is wrong, or nothing.
#pragma once

#include <optional>
#include <string>

#include "manager/image/view.h"

namespace glacis::image {

using Fault = std::optional<std::string>;

[[nodiscard]] Fault check_sections(const ImageView& image);
[[nodiscard]] Fault check_grants(const ImageView& image);
[[nodiscard]] Fault check_accepts(const ImageView& image);
[[nodiscard]] Fault check_comb(const ImageView& image);
[[nodiscard]] Fault check_network(const ImageView& image);
[[nodiscard]] Fault check_peers(const ImageView& image);
[[nodiscard]] Fault check_syscalls(const ImageView& image);
[[nodiscard]] Fault check_transitions(const ImageView& image);
[[nodiscard]] Fault check_attach(const ImageView& image);
[[nodiscard]] Fault check_digests(const ImageView& image);

}  // namespace glacis::image
