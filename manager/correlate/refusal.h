// SPDX-License-Identifier: Apache-2.0
// A record of the evidence log, as far as it says where and by what.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manager/evidence/fields.h"

namespace glacis::correlate {

// Texts are as the record has them: escaped.
struct Refusal {
  std::uint64_t seq = 0;
  std::int64_t time = 0;  // nanoseconds since 1970
  std::string when, host, domain, verdict, grade;
  std::string space, pod, container;  // empty: the record names none
  bool contained = false;             // it names a container, if only by its id
  std::string blockers, object;       // for people
  std::string path;                   // of a file
  std::vector<std::string> tree;      // names of the process and its ancestors, up
  bool whole_tree = false;            // up to the container's runtime
  std::vector<std::string> argv;      // of the process, where /proc still had it

  [[nodiscard]] std::string place() const;  // shop/web-7d9/nginx
};

// None where it is no refusal, or has no time.
[[nodiscard]] std::optional<Refusal> refusal_of(const evidence::Json& record);

}  // namespace glacis::correlate
