// SPDX-License-Identifier: Apache-2.0
// Refusals beside what was asked of API servers: whose session caused which.
#pragma once

#include <vector>

#include "manager/correlate/reader.h"
#include "manager/correlate/score.h"
#include "manager/evidence/list.h"

namespace glacis::correlate {

struct Options {
  std::int64_t tolerance = 3 * second;
};

struct Candidate {
  const Action* action = nullptr;
  const Action* identity = nullptr;  // who took the role that acted, where that is known
  Score score;
};

struct Named {
  Refusal refusal;
  std::vector<Candidate> candidates;        // the best first
  std::vector<const Action*> of_the_token;  // requests with the pod's own token
  std::vector<const Action*> also;          // secrets and rights, by those persons
};

struct Correlation {
  std::vector<Named> named;     // those for which there is something to say
  std::size_t refusals = 0;     // that were looked at
  std::size_t contained = 0;    // in a container
  std::size_t in_pods = 0;      // whose records name a pod
  std::size_t sessions = 0;     // that could be the cause of one
  std::size_t not_allowed = 0;  // requests that the API server refused
  std::size_t early = 0;        // refusals before a session of their pod, and without one
  std::int64_t early_by = 0;    // by how much at most
};

// Sessions whose begin and end are records of their own become one.
void merge_sessions(std::vector<Action>& actions);

// Points into `sources`, whose sessions are merged and put in order.
[[nodiscard]] Correlation correlate(const evidence::Listing& listing, std::vector<Source>& sources,
                                    const Options& options);

}  // namespace glacis::correlate
