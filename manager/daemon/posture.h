// SPDX-License-Identifier: Apache-2.0
// on_evidence_failure: what becomes of a domain while its refusals can't be written to the log. The
// kernel holds it, so that a daemon that dies meanwhile leaves it held; the next one that can write
// lets it go.
#pragma once

#include <string>

#include "manager/daemon/host.h"

namespace glacis::daemon {

class Posture {
 public:
  Posture(Host& host, Evidence& evidence, const Say& say)
      : host_(host), evidence_(evidence), say_(say) {}

  // After each try to write. `failing`: it did not succeed. While it fails, what the domains of
  // "halt" start is killed again each time.
  void look(bool failing);
  // What could not be held or let go, for people; empty if nothing.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void hold(const kernel::Domain& domain);
  void halt(const kernel::Domain& domain);
  void release(const kernel::Domain& domain);
  void failed(const kernel::Domain& domain, const Error& error);

  Host& host_;
  Evidence& evidence_;
  const Say& say_;
  bool clear_ = false;  // nothing is held, as far as was seen
  std::string problem_;
};

}  // namespace glacis::daemon
