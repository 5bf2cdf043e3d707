// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/profile/document.h"
#include "manager/profile/model.h"

namespace glacis::profile {

// The rules, and for each the layer that it was written in.
struct Resolved {
  ResolvedProfile profile;
  std::vector<Layer> layers;
  diag::Span attach_oci;  // line 0: no container attaches
};

// Documents, in the order of their rules, to one flat profile. Meaningless when
// the diagnostics have errors.
[[nodiscard]] Resolved resolve(const std::vector<Document>& documents,
                               const diag::SourceSet& sources, diag::Diagnostics& diagnostics);

}  // namespace glacis::profile
