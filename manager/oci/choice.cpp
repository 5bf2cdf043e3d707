// SPDX-License-Identifier: Apache-2.0
#include "manager/oci/choice.h"

#include <fmt/format.h>

#include <algorithm>

#include "manager/base/escape.h"

namespace glacis::oci {
namespace {

constexpr std::size_t name_max = 111;  // what a domain's name has room for

struct Word {
  const char* annotation;
  std::string Names::* field;
};

// The first that there is counts: our own, containerd's, CRI-O's, the kubelet's.
constexpr Word words[] = {
    {"org.glacis.name", &Names::name},
    {"io.kubernetes.cri.container-name", &Names::name},
    {"io.kubernetes.cri-o.ContainerName", &Names::name},
    {"io.kubernetes.container.name", &Names::name},
    {"org.glacis.image", &Names::image},
    {"io.kubernetes.cri.image-name", &Names::image},
    {"io.kubernetes.cri-o.ImageName", &Names::image},
    {"org.opencontainers.image.ref.name", &Names::image},
    {"io.kubernetes.cri.sandbox-name", &Names::pod},
    {"io.kubernetes.pod.name", &Names::pod},
    {"io.kubernetes.cri.sandbox-namespace", &Names::space},
    {"io.kubernetes.pod.namespace", &Names::space},
};

// Without tag and digest. A colon before the last slash is a port.
std::string_view without_tag(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const auto colon = image.rfind(':');
  const auto slash = image.rfind('/');
  if (colon == std::string_view::npos || (slash != std::string_view::npos && colon < slash))
    return image;
  return image.substr(0, colon);
}

bool may_be_unconfined(const Annotations& annotations, const Settings& settings) {
  return std::ranges::any_of(settings.unconfined, [&](const std::string& one) {
    const auto equals = one.find('=');
    const auto at = annotations.find(one.substr(0, equals));
    return at != annotations.end() && at->second == one.substr(equals + 1);
  });
}

Result<Choice> named(const std::string& profile, const char* why) {
  const bool plain =
      !profile.empty() && profile.size() <= name_max &&
      std::ranges::all_of(profile, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (!plain)
    return fail(Exit::usage,
                fmt::format("`{}` is no profile's name", escape(profile.substr(0, name_max))));
  return Choice{profile, why};
}

}  // namespace

Names names_in(const Annotations& annotations) {
  Names out;
  for (const Word& word : words)
    if (const auto at = annotations.find(word.annotation);
        at != annotations.end() && (out.*word.field).empty())
      out.*word.field = at->second.substr(0, 1024);
  return out;
}

Result<Choice> choose(const Annotations& annotations, const Settings& settings) {
  if (const auto at = annotations.find(profile_annotation); at != annotations.end())
    return named(at->second, "by annotation");
  if (may_be_unconfined(annotations, settings)) return Choice{{}, "by annotation"};
  const std::string image = names_in(annotations).image;
  for (const std::string_view name : {std::string_view(image), without_tag(image)})
    if (const auto at = settings.images.find(std::string(name)); at != settings.images.end())
      return named(at->second, "by image");
  if (settings.fallback == unconfined_word) return Choice{{}, "by default"};
  if (settings.fallback) return named(*settings.fallback, "by default");
  return fail(Exit::usage, "no profile is named for this container",
              fmt::format("annotate it with {}=NAME, or set `default` under [oci] in {}",
                          profile_annotation, settings_file));
}

}  // namespace glacis::oci
