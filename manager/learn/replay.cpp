// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/replay.h"

namespace glacis::learn {

std::vector<Refused> replay(const Recording& recording, const Matcher& policy) {
  std::vector<Refused> out;
  for (std::size_t i = 0; i < recording.behaviours.size(); ++i) {
    const gl_verdict verdict = policy.decide(recording.behaviours[i].request);
    if (verdict.decision != GL_ALLOW) out.push_back({i, verdict});
  }
  return out;
}

}  // namespace glacis::learn
