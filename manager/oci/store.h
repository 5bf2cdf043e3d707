// SPDX-License-Identifier: Apache-2.0
// What podman and CRI-O (containers/storage) call a container. Neither tells it to a
// runtime or a hook: it is in the list of the store that the container's root is in.
#pragma once

#include <string>
#include <string_view>

#include "manager/oci/choice.h"
#include "manager/oci/json.h"

namespace glacis::oci {

inline constexpr std::size_t store_max = std::size_t{16} << 20;

// By the text of the list, and the layer that is the container's own. Nothing where
// the list can't be read or has no such container.
[[nodiscard]] Names names_of_layer(std::string_view text, std::string_view layer);

// Puts name and image in place of the annotations that say them, which the maker of
// a container chose. `root` is STORE/overlay/LAYER/merged; with any other, nothing.
void add_names_of_store(Annotations& annotations, const std::string& root);

}  // namespace glacis::oci
