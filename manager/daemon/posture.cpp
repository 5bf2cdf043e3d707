// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/posture.h"

#include <fmt/format.h>

#include "lsm/abi/image.h"

namespace glacis::daemon {

void Posture::look(bool failing) {
  if (clear_ && !failing) return;
  const auto domains = host_.domains();
  problem_.clear();
  if (!domains) {  // tried again at the next look
    problem_ = domains.error().what;
    return;
  }
  for (const kernel::Domain& domain : *domains) {
    const bool wanted = failing && (domain.flags & GL_IMAGE_EVIDENCE_DENY) != 0;
    if (wanted && !domain.held) hold(domain);
    if (!wanted && domain.held) release(domain);
    if (wanted && (domain.flags & GL_IMAGE_EVIDENCE_HALT) != 0) halt(domain);
  }
  clear_ = !failing && problem_.empty();
}

void Posture::hold(const kernel::Domain& domain) {
  if (const auto held = host_.hold(domain.name, true); !held) return failed(domain, held.error());
  say_(Level::error, fmt::format("{}: everything is refused, since its refusals can't be written "
                                 "to the log (on_evidence_failure)",
                                 domain.name));
}

void Posture::halt(const kernel::Domain& domain) {
  const auto ended = host_.end(domain);
  if (!ended) return failed(domain, ended.error());
  if (*ended != 0)
    say_(Level::error,
         fmt::format("{}: {} killed (on_evidence_failure = \"halt\")", domain.name,
                     *ended == 1 ? "1 process is" : fmt::format("{} processes are", *ended)));
}

void Posture::release(const kernel::Domain& domain) {
  if (const auto let = host_.hold(domain.name, false); !let) return failed(domain, let.error());
  say_(Level::notice, fmt::format("{}: the profile decides again", domain.name));
  if (const auto told = evidence_.change("released", domain, {"glacisd", 0, 0, {}}); !told)
    say_(Level::error, "a change can't be told in the evidence: " + told.error().what);
}

void Posture::failed(const kernel::Domain& domain, const Error& error) {
  if (problem_.empty()) problem_ = fmt::format("{}: {}", domain.name, error.what);
}

}  // namespace glacis::daemon
