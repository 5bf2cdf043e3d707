// SPDX-License-Identifier: Apache-2.0
// Which profile a container gets, and what records call it.
#pragma once

#include <string>

#include "manager/oci/json.h"
#include "manager/oci/settings.h"

namespace glacis::oci {

inline constexpr const char* profile_annotation = "org.glacis.profile";

// What engines and the maker of a container call it. Bytes that they chose.
struct Names {
  std::string name, image, pod, space;  // `space`: the namespace of the pod

  friend bool operator==(const Names&, const Names&) = default;
};
[[nodiscard]] Names names_in(const Annotations& annotations);

struct Choice {
  std::string profile;  // empty: it starts unconfined
  std::string why;      // "by annotation", "by image", "by default"
};

// The annotation, else one that is allowed to start unconfined, else the image,
// else the default; else an error. A name of a profile is plain.
[[nodiscard]] Result<Choice> choose(const Annotations& annotations, const Settings& settings);

}  // namespace glacis::oci
