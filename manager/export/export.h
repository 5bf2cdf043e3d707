// SPDX-License-Identifier: Apache-2.0
// A profile in the language of another enforcer. What that language can't hold is
// a finding at the rule: a warning where the result would be looser, a note where
// it is tighter. Nothing is left out in silence.
#pragma once

#include <string>

#include "manager/import/findings.h"
#include "manager/profile/model.h"

namespace glacis::exports {

using import::Findings;

// What the text is for. A backend of ours marks its names, so that it never takes
// the place of a profile of the host's. Its profiles are entered by an exec of ours
// alone; a filter of system calls stands beside them; and what a rule refuses is
// logged, without which it would be refused in mode observe too.
struct AppArmorUse {
  std::string prefix;  // of its own name and of others that it names
  bool backend = false;
  bool addresses = false;  // of sockets, with their ports: for a parser of 4.0 or later
};

// apparmor.d(5), for a parser of 3.0 or later.
[[nodiscard]] std::string apparmor(const profile::ResolvedProfile& profile, Findings& findings,
                                   const AppArmorUse& use = {});

// A KubeArmorPolicy, or a KubeArmorHostPolicy with `host`.
[[nodiscard]] std::string kubearmor(const profile::ResolvedProfile& profile, bool host,
                                    Findings& findings);

// What a filter of system calls, written by manager/backend/seccomp, leaves out of
// the profile.
void seccomp_limits(const profile::ResolvedProfile& profile, Findings& findings);

// A drop-in for the unit, systemd.exec(5).
[[nodiscard]] std::string systemd(const profile::ResolvedProfile& profile, Findings& findings);

}  // namespace glacis::exports
