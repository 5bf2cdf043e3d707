// SPDX-License-Identifier: Apache-2.0
// An incident as one HTML file: no script, nothing from a network, every text of a
// record escaped. It shows what the records say and no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "manager/evidence/list.h"
#include "manager/evidence/maps.h"
#include "manager/evidence/verify.h"

namespace glacis::report {

// What recordings tell of the use of an image's grants: records tell of refusals alone.
struct GrantUse {
  std::size_t runs = 0;                       // that were watched without grants
  std::map<std::uint32_t, std::string> last;  // by rule: when it was last needed, RFC 3339
};

struct Incident {
  evidence::Listing listing;
  evidence::Verified verified;
  std::vector<image::SourceMap> maps;    // of the images in the listing, where they are known
  std::map<std::string, GrantUse> uses;  // by image ("blake2b:..."), where one is known
  std::string log;                       // its path
  std::string made;                      // when, RFC 3339
  std::string version;
};

[[nodiscard]] std::string incident_html(const Incident& incident);

// For text and for attributes in double quotes.
[[nodiscard]] std::string html_text(std::string_view text);

// The parts, each in a file of its own.
[[nodiscard]] std::string html_tree(const evidence::Listing& listing);
[[nodiscard]] std::string html_timeline(const evidence::Listing& listing);

}  // namespace glacis::report
