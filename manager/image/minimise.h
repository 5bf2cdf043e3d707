// SPDX-License-Identifier: Apache-2.0
// The smallest automaton with the same answers, in its one canonical form:
// states numbered as a breadth-first walk by class meets them, classes by their
// lowest byte and as few as answers need. So an image's bytes depend on what
// the rules mean and on their order, and on nothing else.
#pragma once

#include "manager/image/dfa.h"

namespace glacis::image {

// `accept` may hold any numbers; states that accept differently are kept apart.
[[nodiscard]] Dfa minimise(const Dfa& dfa);

}  // namespace glacis::image
